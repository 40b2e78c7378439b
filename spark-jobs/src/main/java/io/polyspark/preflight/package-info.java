/**
 * What must hold before anything is computed: checks that {@code doctor} makes on the machine of
 * the driver, and every executor on its own before its first replica. A check looks at one thing
 * and never loads ND4J.
 */
package io.polyspark.preflight;
