/** Configuration files and what a command line sets over them, read key by key. */
package io.polyspark.config;
