// Reads one HTTP/1.1 response at a time from a stream of bytes: status, framing, body length. Only
// what a load generator needs; a response whose end is the connection's end is an error.
#ifndef RESPONSE_H
#define RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RESPONSE_HEAD_LIMIT = 16384 };

enum response_result { RESPONSE_MORE, RESPONSE_DONE, RESPONSE_BAD };

struct response {
  enum { IN_HEAD, IN_LENGTH_BODY, IN_CHUNK_SIZE, IN_CHUNK, BEHIND_CHUNK, IN_TRAILERS } state;
  int status;
  bool closes;          // the server will close the connection behind it
  uint64_t body_bytes;  // without the framing of chunks
  const char *problem;  // why the result was RESPONSE_BAD

  bool never_has_body;  // answers CONNECT
  uint64_t left;        // of the body, or of the chunk
  size_t line_length;   // of the chunk-size or trailer line so far
  size_t head_length;
  char head[RESPONSE_HEAD_LIMIT + 1];
};

void response_start(struct response *response, bool never_has_body);

// Takes bytes; `used` says how many of them belonged to this response.
enum response_result response_feed(
    struct response *response, const char *bytes, size_t count, size_t *used);

#endif
