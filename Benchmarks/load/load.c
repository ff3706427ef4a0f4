// load: HTTP/1.1 load from one thread over a fixed number of connections, and what came of it as a
// line of JSON. README.md in the folder above says what it is for.
#include <arpa/inet.h>
#include <getopt.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "connection.h"
#include "histogram.h"

enum { MAX_CONNECTIONS = 4096, STALL_MILLISECONDS = 15000, ERROR_LIMIT = 100 };

struct options {
  int connections;
  bool direct;           // the address is the server itself, not a proxy
  bool is_new_each;      // a new connection for each request
  double warm_up_seconds;
  double seconds;
  long requests;         // instead of seconds where not 0
  bool waits;            // for a line on standard input before measuring
};

// Counts of one phase, the warm-up or what is measured.
struct phase {
  uint64_t deadline;  // nanoseconds
  long requests_left; // -1 where the deadline decides
  long active;        // connections with a request under way
  uint64_t requests, errors, bytes, opened, resumed;
  char first_problem[256];
  struct histogram latencies;
};

static struct options options = {.connections = 32, .seconds = 1};
static struct target target = {.expected_bytes = -1};
static struct connection connections[MAX_CONNECTIONS];
static struct phase phase;
static int selector;

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void die(const char *text) {
  fprintf(stderr, "load: %s\n", text);
  exit(1);
}

// MARK: The loop

// Whether another request may begin; counts it where it may.
static bool may_begin(uint64_t time) {
  if (phase.requests_left < 0) return time < phase.deadline;
  if (phase.requests_left == 0) return false;
  phase.requests_left--;
  return true;
}

static void begin(struct connection *connection);

static void note_error(struct connection *connection) {
  if (phase.errors++ == 0) memcpy(phase.first_problem, connection->problem, sizeof phase.first_problem);
}

// Acts on what an event came to. `connection` has a request, or what comes before it, under way.
static void settle(
    struct connection *connection, enum connection_result result, uint64_t body_bytes) {
  if (result == CONNECTION_READY) {
    if (connection->was_resumed) phase.resumed++;
    if (!options.is_new_each) connection->started_at = now();
    result = connection_send(connection, &target);
  }
  if (result == CONNECTION_MORE) return;
  phase.active--;
  if (result == CONNECTION_FAILED) {
    note_error(connection);
    if (phase.errors >= ERROR_LIMIT) return;
  } else {
    phase.requests++;
    phase.bytes += body_bytes;
    histogram_add(&phase.latencies, now() - connection->started_at);
    if (options.is_new_each) connection_close(connection);
  }
  begin(connection);
}

// Begins a request, on a new connection where there is none.
static void begin(struct connection *connection) {
  uint64_t time = now();
  if (!may_begin(time)) return;
  phase.active++;
  connection->started_at = time;
  if (connection->state == CONNECTION_WAITING) {
    return settle(connection, connection_send(connection, &target), 0);
  }
  phase.opened++;
  enum connection_result result = connection_open(connection, &target);
  if (result != CONNECTION_FAILED) {
    struct epoll_event interest = {.events = EPOLLIN, .data.ptr = connection};
    epoll_ctl(selector, EPOLL_CTL_ADD, connection->descriptor, &interest);
  }
  settle(connection, result, 0);
}

// Runs until every request that was begun has been answered.
static double run_phase(double seconds, long requests) {
  memset(&phase, 0, sizeof phase);
  uint64_t start = now();
  phase.deadline = start + (uint64_t)(seconds * 1e9);
  phase.requests_left = requests > 0 ? requests : -1;
  for (int i = 0; i < options.connections; i++) begin(&connections[i]);
  struct epoll_event events[256];
  while (phase.active > 0 && phase.errors < ERROR_LIMIT) {
    int count = epoll_wait(selector, events, 256, STALL_MILLISECONDS);
    if (count == 0) die("nothing came for 15 seconds");
    for (int i = 0; i < count; i++) {
      struct connection *connection = events[i].data.ptr;
      bool is_busy = connection->state != CONNECTION_WAITING;
      uint64_t body_bytes = 0;
      enum connection_result result = connection_readable(connection, &target, &body_bytes);
      if (is_busy) settle(connection, result, body_bytes);
    }
  }
  return (double)(now() - start) / 1e9;
}

static void report(double seconds) {
  printf(
      "{\"requests\": %llu, \"seconds\": %.6f, \"errors\": %llu, \"first_error\": \"",
      (unsigned long long)phase.requests, seconds, (unsigned long long)phase.errors);
  for (const char *c = phase.first_problem; *c; c++) putchar(*c == '"' || *c == '\\' || *c < ' ' ? '\'' : *c);
  printf(
      "\", \"bytes\": %llu, \"opened\": %llu, \"resumed\": %llu, \"p50_us\": %.1f, "
      "\"p99_us\": %.1f, \"max_us\": %.1f}\n",
      (unsigned long long)phase.bytes, (unsigned long long)phase.opened,
      (unsigned long long)phase.resumed,
      (double)histogram_percentile(&phase.latencies, 0.50) / 1e3,
      (double)histogram_percentile(&phase.latencies, 0.99) / 1e3,
      (double)phase.latencies.largest / 1e3);
}

// MARK: Options

static void set_address(const char *text) {
  char host[64];
  int port;
  if (sscanf(text, "%63[0-9.]:%d", host, &port) != 2 || port < 1 || port > 65535 ||
      inet_pton(AF_INET, host, &target.address.sin_addr) != 1) {
    die("the first argument is the address as IPV4:PORT");
  }
  target.address.sin_family = AF_INET;
  target.address.sin_port = htons((uint16_t)port);
}

static void set_tls(const char *trusted) {
  target.tls = SSL_CTX_new(TLS_client_method());
  if (!target.tls) die("SSL_CTX_new failed");
  connection_prepare_tls(target.tls);
  // What browsers offer first. With one version for all, all have the same work.
  const char *suites =
      "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384";
  if (SSL_CTX_set_min_proto_version(target.tls, TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_ciphersuites(target.tls, suites) != 1) {
    die("TLS 1.3 is not available");
  }
  if (!trusted) return;
  if (SSL_CTX_load_verify_locations(target.tls, trusted, NULL) != 1) die("--ca cannot be read");
  SSL_CTX_set_verify(target.tls, SSL_VERIFY_PEER, NULL);
}

// Prepares the requests for the URL, which has a port.
static void set_url(const char *url, const char *trusted) {
  char scheme[8], path[1024] = "/";
  int port;
  if (sscanf(url, "%7[a-z]://%255[^:/]:%d%1023s", scheme, target.host, &port, path) < 3) {
    die("the second argument is a URL with a port");
  }
  snprintf(target.authority, sizeof target.authority, "%s:%d", target.host, port);
  bool is_secure = strcmp(scheme, "https") == 0;
  if (is_secure) set_tls(trusted);
  if (is_secure && !options.direct) {
    target.tunnel_request_length = (size_t)snprintf(
        target.tunnel_request, sizeof target.tunnel_request,
        "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", target.authority, target.authority);
  }
  // The fields of a browser's request, as far as they are always there.
  target.request_length = (size_t)snprintf(
      target.request, sizeof target.request,
      "GET %s HTTP/1.1\r\n"
      "Host: %s\r\n"
      "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
      "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
      "Accept-Language: en-US,en;q=0.5\r\n"
      "Accept-Encoding: gzip, deflate, br\r\n"
      "\r\n",
      is_secure || options.direct ? path : url, target.authority);
  if (target.request_length >= sizeof target.request) die("the URL is too long");
}

static const char *read_options(int count, char **arguments) {
  const char *trusted = NULL;
  const struct option known[] = {
      {"connections", required_argument, NULL, 'c'}, {"direct", no_argument, NULL, 'd'},
      {"new", no_argument, NULL, 'n'},               {"resume", no_argument, NULL, 'r'},
      {"ca", required_argument, NULL, 'a'},          {"warm-up", required_argument, NULL, 'w'},
      {"seconds", required_argument, NULL, 's'},     {"requests", required_argument, NULL, 'q'},
      {"expect-bytes", required_argument, NULL, 'b'}, {"wait", no_argument, NULL, 'p'},
      {NULL, 0, NULL, 0}};
  for (int option; (option = getopt_long(count, arguments, "", known, NULL)) != -1;) {
    switch (option) {
    case 'c': options.connections = atoi(optarg); break;
    case 'd': options.direct = true; break;
    case 'n': options.is_new_each = true; break;
    case 'r': target.resumes = true; break;
    case 'a': trusted = optarg; break;
    case 'w': options.warm_up_seconds = atof(optarg); break;
    case 's': options.seconds = atof(optarg); break;
    case 'q': options.requests = atol(optarg); break;
    case 'b': target.expected_bytes = atol(optarg); break;
    case 'p': options.waits = true; break;
    default: exit(64);
    }
  }
  if (options.connections < 1 || options.connections > MAX_CONNECTIONS) die("--connections is 1 to 4096");
  return trusted;
}

int main(int count, char **arguments) {
  const char *trusted = read_options(count, arguments);
  if (count - optind != 2) {
    fprintf(stderr, "usage: load [OPTION]… IPV4:PORT URL; README.md lists the options\n");
    return 64;
  }
  set_address(arguments[optind]);
  set_url(arguments[optind + 1], trusted);
  selector = epoll_create1(EPOLL_CLOEXEC);

  if (options.warm_up_seconds > 0) {
    double seconds = run_phase(options.warm_up_seconds, 0);
    if (phase.errors > 0) {
      report(seconds);
      return 1;
    }
  }
  if (options.waits) {
    printf("ready\n");
    fflush(stdout);
    if (getchar() == EOF) return 1;
  }
  report(run_phase(options.seconds, options.requests));
  return phase.errors > 0;
}
