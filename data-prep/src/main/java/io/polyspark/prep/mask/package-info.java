/** Takes what identifies a person out of text. */
package io.polyspark.prep.mask;
