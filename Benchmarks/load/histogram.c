#include "histogram.h"

static unsigned bucket_of(uint64_t value) {
  if (value < (2u << HISTOGRAM_SUB_BITS)) return (unsigned)value;
  unsigned shift = 63 - (unsigned)__builtin_clzll(value) - HISTOGRAM_SUB_BITS;
  return (shift << HISTOGRAM_SUB_BITS) + (unsigned)(value >> shift);
}

static uint64_t upper_bound_of(unsigned bucket) {
  if (bucket < (2u << HISTOGRAM_SUB_BITS)) return bucket;
  unsigned shift = (bucket >> HISTOGRAM_SUB_BITS) - 1;
  uint64_t mantissa = bucket - ((uint64_t)shift << HISTOGRAM_SUB_BITS);
  return ((mantissa + 1) << shift) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t value) {
  histogram->counts[bucket_of(value)]++;
  histogram->total++;
  if (value > histogram->largest) histogram->largest = value;
}

uint64_t histogram_percentile(const struct histogram *histogram, double share) {
  uint64_t wanted = (uint64_t)(share * (double)histogram->total + 0.5);
  uint64_t seen = 0;
  for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
    seen += histogram->counts[i];
    if (seen >= wanted && seen > 0) {
      uint64_t bound = upper_bound_of(i);
      return bound < histogram->largest ? bound : histogram->largest;
    }
  }
  return histogram->largest;
}
