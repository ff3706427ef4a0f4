#define _GNU_SOURCE
#include "response.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void response_start(struct response *response, bool never_has_body) {
  response->state = IN_HEAD;
  response->status = 0;
  response->closes = false;
  response->body_bytes = 0;
  response->problem = NULL;
  response->never_has_body = never_has_body;
  response->left = 0;
  response->line_length = 0;
  response->head_length = 0;
}

static enum response_result bad(struct response *response, const char *problem) {
  response->problem = problem;
  return RESPONSE_BAD;
}

// The value of a field, without the space before it; NULL where the line is another field.
static const char *value_of(const char *line, const char *name) {
  size_t length = strlen(name);
  if (strncasecmp(line, name, length) != 0 || line[length] != ':') return NULL;
  line += length + 1;
  while (*line == ' ' || *line == '\t') line++;
  return line;
}

// Reads the complete head and decides how the body ends.
static enum response_result read_head(struct response *response) {
  const char *head = response->head;
  if (strncmp(head, "HTTP/1.", 7) != 0 || response->head_length < 13) {
    return bad(response, "no HTTP/1 status line");
  }
  response->status = atoi(head + 9);
  response->closes = head[7] == '0';
  bool has_length = false, is_chunked = false;
  for (const char *line = strstr(head, "\r\n"); line; line = strstr(line, "\r\n")) {
    line += 2;
    const char *value;
    if ((value = value_of(line, "Content-Length"))) {
      has_length = true;
      response->left = strtoull(value, NULL, 10);
    } else if ((value = value_of(line, "Transfer-Encoding"))) {
      is_chunked = strncasecmp(value, "chunked", 7) == 0;
    } else if ((value = value_of(line, "Connection"))) {
      response->closes = strncasecmp(value, "close", 5) == 0;
    }
  }
  if (response->never_has_body) return RESPONSE_DONE;
  if (is_chunked) {
    response->state = IN_CHUNK_SIZE;
    response->left = 0;
    return RESPONSE_MORE;
  }
  if (!has_length) return bad(response, "a response without a length");
  response->state = IN_LENGTH_BODY;
  return response->left == 0 ? RESPONSE_DONE : RESPONSE_MORE;
}

// Collects the head; returns with `state` changed when it is complete.
static enum response_result feed_head(
    struct response *response, const char *bytes, size_t count, size_t *used) {
  size_t before = response->head_length;
  size_t room = RESPONSE_HEAD_LIMIT - before;
  size_t taken = count < room ? count : room;
  memcpy(response->head + before, bytes, taken);
  size_t length = before + taken;
  size_t from = before > 3 ? before - 3 : 0;
  char *end = memmem(response->head + from, length - from, "\r\n\r\n", 4);
  if (!end) {
    response->head_length = length;
    *used = taken;
    return taken == room ? bad(response, "a response head that is too long") : RESPONSE_MORE;
  }
  response->head_length = (size_t)(end + 4 - response->head);
  *used = response->head_length - before;
  end[2] = 0;
  return read_head(response);
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Takes one byte of a chunk-size line; digits behind an extension are not expected.
static enum response_result feed_chunk_size(struct response *response, char byte) {
  if (byte == '\n') {
    if (response->line_length == 0) return bad(response, "an empty chunk-size line");
    response->state = response->left > 0 ? IN_CHUNK : IN_TRAILERS;
    response->line_length = 0;
  } else if (byte != '\r') {
    int digit = hex_digit(byte);
    if (digit < 0 || response->left >> 48) return bad(response, "a bad chunk size");
    response->left = response->left << 4 | (uint64_t)digit;
    response->line_length++;
  }
  return RESPONSE_MORE;
}

// Takes one byte of the lines between and behind chunks.
static enum response_result feed_line(struct response *response, char byte) {
  if (byte == '\r') return RESPONSE_MORE;
  if (byte != '\n') {
    response->line_length++;
    return response->state == IN_TRAILERS ? RESPONSE_MORE : bad(response, "a bad chunk end");
  }
  bool is_empty = response->line_length == 0;
  response->line_length = 0;
  if (response->state == BEHIND_CHUNK) {
    response->state = IN_CHUNK_SIZE;
    return RESPONSE_MORE;
  }
  return is_empty ? RESPONSE_DONE : RESPONSE_MORE;
}

static size_t take_body(struct response *response, size_t count) {
  size_t taken = count < response->left ? count : (size_t)response->left;
  response->left -= taken;
  response->body_bytes += taken;
  return taken;
}

enum response_result response_feed(
    struct response *response, const char *bytes, size_t count, size_t *used) {
  size_t at = 0;
  enum response_result result = RESPONSE_MORE;
  while (at < count && result == RESPONSE_MORE) {
    size_t step = 1;
    switch (response->state) {
    case IN_HEAD: result = feed_head(response, bytes + at, count - at, &step); break;
    case IN_LENGTH_BODY:
      step = take_body(response, count - at);
      if (response->left == 0) result = RESPONSE_DONE;
      break;
    case IN_CHUNK:
      step = take_body(response, count - at);
      if (response->left == 0) response->state = BEHIND_CHUNK;
      break;
    case IN_CHUNK_SIZE: result = feed_chunk_size(response, bytes[at]); break;
    case BEHIND_CHUNK:
    case IN_TRAILERS: result = feed_line(response, bytes[at]); break;
    }
    at += step;
  }
  *used = at;
  return result;
}
