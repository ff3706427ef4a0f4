// Latencies in a fixed number of buckets: 64 to each power of two, so a percentile is at most 1.6 %
// above the true one.
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_SUB_BITS = 6, HISTOGRAM_BUCKETS = (64 - HISTOGRAM_SUB_BITS) << HISTOGRAM_SUB_BITS };

struct histogram {
  uint64_t counts[HISTOGRAM_BUCKETS];
  uint64_t total;
  uint64_t largest;
};

void histogram_add(struct histogram *histogram, uint64_t value);

// The upper bound of the bucket that holds the given share (0 to 1) of the values, 0 without values.
uint64_t histogram_percentile(const struct histogram *histogram, double share);

#endif
