// One connection to the server under load, from connecting through CONNECT and TLS to the
// responses. It never blocks except in connect(), which loopback answers at once.
#ifndef CONNECTION_H
#define CONNECTION_H

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "response.h"

// What all connections have in common.
struct target {
  struct sockaddr_in address;
  char host[256];           // of the URL
  char authority[264];      // host:port of the URL
  char request[2048];
  size_t request_length;
  char tunnel_request[640]; // CONNECT, or empty
  size_t tunnel_request_length;
  SSL_CTX *tls;             // NULL for plain HTTP
  bool resumes;             // offer the last session of this slot to the server
  long expected_bytes;      // of each body; -1 where any is right
};

enum connection_state {
  CONNECTION_CLOSED,
  CONNECTION_TUNNELLING,
  CONNECTION_HANDSHAKING,
  CONNECTION_WAITING,  // ready, no request under way
  CONNECTION_READING,  // a request was sent
};

// What came of an event.
enum connection_result { CONNECTION_MORE, CONNECTION_READY, CONNECTION_RESPONDED, CONNECTION_FAILED };

struct connection {
  enum connection_state state;
  int descriptor;
  SSL *tls;
  SSL_SESSION *session;  // to resume
  struct response response;
  uint64_t started_at;   // nanoseconds: of the request, or of connecting
  bool was_resumed;
  char problem[256];     // why the result was CONNECTION_FAILED
};

// Connects, and begins what comes before the first request. The result is CONNECTION_READY where
// nothing does.
enum connection_result connection_open(struct connection *connection, const struct target *target);

// Sends a request on a waiting connection.
enum connection_result connection_send(struct connection *connection, const struct target *target);

// Reads what has come. With CONNECTION_RESPONDED the connection waits for the next request, or is
// closed where the server wanted that.
enum connection_result connection_readable(
    struct connection *connection, const struct target *target, uint64_t *body_bytes);

void connection_close(struct connection *connection);

// Keeps sessions for resumption; to be called once for the context that connections use.
void connection_prepare_tls(SSL_CTX *context);

#endif
