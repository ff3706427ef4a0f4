#define _GNU_SOURCE
#include "connection.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char buffer[262144];

static enum connection_result fail(struct connection *connection, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(connection->problem, sizeof connection->problem, format, arguments);
  va_end(arguments);
  connection_close(connection);
  return CONNECTION_FAILED;
}

static enum connection_result fail_tls(struct connection *connection, const char *what) {
  char text[160] = "the connection was closed";
  unsigned long code = ERR_get_error();
  if (code) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return fail(connection, "%s: %s", what, text);
}

void connection_close(struct connection *connection) {
  if (connection->state == CONNECTION_CLOSED) return;
  if (connection->tls) {
    // Says goodbye and does not wait for an answer. A session that was cut off is not resumable.
    if (SSL_is_init_finished(connection->tls)) SSL_shutdown(connection->tls);
    SSL_free(connection->tls);
    ERR_clear_error();
  }
  close(connection->descriptor);
  connection->tls = NULL;
  connection->state = CONNECTION_CLOSED;
}

// MARK: TLS

static int keep_session(SSL *tls, SSL_SESSION *session) {
  struct connection *connection = SSL_get_app_data(tls);
  SSL_SESSION_free(connection->session);
  connection->session = session;
  return 1;
}

void connection_prepare_tls(SSL_CTX *context) {
  SSL_CTX_set_session_cache_mode(
      context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(context, keep_session);
  SSL_CTX_set_read_ahead(context, 1);
}

static enum connection_result advance_handshake(struct connection *connection) {
  int result = SSL_do_handshake(connection->tls);
  if (result == 1) {
    connection->state = CONNECTION_WAITING;
    connection->was_resumed = SSL_session_reused(connection->tls);
    return CONNECTION_READY;
  }
  if (SSL_get_error(connection->tls, result) == SSL_ERROR_WANT_READ) return CONNECTION_MORE;
  return fail_tls(connection, "TLS handshake");
}

static enum connection_result start_tls(
    struct connection *connection, const struct target *target) {
  connection->tls = SSL_new(target->tls);
  if (!connection->tls) return fail_tls(connection, "SSL_new");
  SSL_set_app_data(connection->tls, connection);
  SSL_set_fd(connection->tls, connection->descriptor);
  SSL_set_tlsext_host_name(connection->tls, target->host);
  SSL_set1_host(connection->tls, target->host);
  if (target->resumes && connection->session) SSL_set_session(connection->tls, connection->session);
  SSL_set_connect_state(connection->tls);
  connection->state = CONNECTION_HANDSHAKING;
  return advance_handshake(connection);
}

// MARK: Bytes

// Requests are far smaller than an empty socket buffer: one that does not fit is an error.
static enum connection_result send_all(
    struct connection *connection, const char *bytes, size_t length) {
  if (connection->tls) {
    if (SSL_write(connection->tls, bytes, (int)length) == (int)length) return CONNECTION_MORE;
    return fail_tls(connection, "TLS write");
  }
  if (send(connection->descriptor, bytes, length, MSG_NOSIGNAL) == (ssize_t)length) {
    return CONNECTION_MORE;
  }
  return fail(connection, "write: %s", strerror(errno));
}

// Reads once: the number of bytes, 0 where there are none now, -1 at the end or with an error.
static ssize_t receive(struct connection *connection) {
  if (connection->tls) {
    int count = SSL_read(connection->tls, buffer, sizeof buffer);
    if (count > 0) return count;
    return SSL_get_error(connection->tls, count) == SSL_ERROR_WANT_READ ? 0 : -1;
  }
  ssize_t count = recv(connection->descriptor, buffer, sizeof buffer, 0);
  if (count > 0) return count;
  return count < 0 && errno == EAGAIN ? 0 : -1;
}

// MARK: Steps

enum connection_result connection_open(struct connection *connection, const struct target *target) {
  connection->was_resumed = false;
  connection->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connection->descriptor < 0) {
    connection->state = CONNECTION_CLOSED;
    return fail(connection, "socket: %s", strerror(errno));
  }
  connection->state = CONNECTION_WAITING;
  int on = 1;
  setsockopt(connection->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const struct sockaddr *address = (const struct sockaddr *)&target->address;
  if (connect(connection->descriptor, address, sizeof target->address) != 0) {
    return fail(connection, "connect: %s", strerror(errno));
  }
  fcntl(connection->descriptor, F_SETFL, O_NONBLOCK);
  if (target->tunnel_request_length > 0) {
    connection->state = CONNECTION_TUNNELLING;
    response_start(&connection->response, true);
    return send_all(connection, target->tunnel_request, target->tunnel_request_length);
  }
  return target->tls ? start_tls(connection, target) : CONNECTION_READY;
}

enum connection_result connection_send(struct connection *connection, const struct target *target) {
  response_start(&connection->response, false);
  connection->state = CONNECTION_READING;
  return send_all(connection, target->request, target->request_length);
}

static enum connection_result read_tunnel(
    struct connection *connection, const struct target *target) {
  ssize_t count = receive(connection);
  if (count == 0) return CONNECTION_MORE;
  if (count < 0) return fail(connection, "closed in answer to CONNECT");
  size_t used;
  switch (response_feed(&connection->response, buffer, (size_t)count, &used)) {
  case RESPONSE_MORE: return CONNECTION_MORE;
  case RESPONSE_BAD: return fail(connection, "CONNECT: %s", connection->response.problem);
  case RESPONSE_DONE: break;
  }
  if (connection->response.status != 200) {
    return fail(connection, "CONNECT: status %d", connection->response.status);
  }
  if (used != (size_t)count) return fail(connection, "CONNECT: bytes behind the answer");
  return start_tls(connection, target);
}

static enum connection_result finish_response(
    struct connection *connection, const struct target *target, uint64_t *body_bytes) {
  const struct response *response = &connection->response;
  if (response->status != 200) return fail(connection, "status %d", response->status);
  if (target->expected_bytes >= 0 && response->body_bytes != (uint64_t)target->expected_bytes) {
    return fail(
        connection, "a body of %llu bytes", (unsigned long long)response->body_bytes);
  }
  *body_bytes = response->body_bytes;
  connection->state = CONNECTION_WAITING;
  if (response->closes) connection_close(connection);
  return CONNECTION_RESPONDED;
}

static enum connection_result read_response(
    struct connection *connection, const struct target *target, uint64_t *body_bytes) {
  while (true) {
    ssize_t count = receive(connection);
    if (count == 0) return CONNECTION_MORE;
    if (count < 0) return fail_tls(connection, "waiting for a response");
    if (connection->state != CONNECTION_READING) return fail(connection, "bytes without a request");
    size_t used;
    switch (response_feed(&connection->response, buffer, (size_t)count, &used)) {
    case RESPONSE_MORE: break;
    case RESPONSE_BAD: return fail(connection, "%s", connection->response.problem);
    case RESPONSE_DONE:
      if (used != (size_t)count) return fail(connection, "bytes behind the response");
      return finish_response(connection, target, body_bytes);
    }
    // A socket that gave less than there was room for is empty; asking again would cost a call.
    if (!connection->tls && (size_t)count < sizeof buffer) return CONNECTION_MORE;
  }
}

enum connection_result connection_readable(
    struct connection *connection, const struct target *target, uint64_t *body_bytes) {
  switch (connection->state) {
  case CONNECTION_TUNNELLING: return read_tunnel(connection, target);
  case CONNECTION_HANDSHAKING: return advance_handshake(connection);
  case CONNECTION_READING: return read_response(connection, target, body_bytes);
  case CONNECTION_WAITING: {
    // Tickets may come late; anything else is the server's goodbye.
    ssize_t count = receive(connection);
    if (count == 0) return CONNECTION_MORE;
    if (count > 0) return fail(connection, "bytes without a request");
    connection_close(connection);
    return CONNECTION_MORE;
  }
  case CONNECTION_CLOSED: break;
  }
  return CONNECTION_MORE;
}
