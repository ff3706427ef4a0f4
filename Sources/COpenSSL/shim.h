#ifndef VALOR_COPENSSL_SHIM_H
#define VALOR_COPENSSL_SHIM_H

// OpenSSL spells many calls as macros, which Swift cannot see: each has an inline function here.
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// Constants that are expressions with casts.
static const uint64_t valor_SSL_OP_NO_RENEGOTIATION = SSL_OP_NO_RENEGOTIATION;
static const uint64_t valor_SSL_OP_NO_COMPRESSION = SSL_OP_NO_COMPRESSION;
static const unsigned long valor_XN_FLAG_ONELINE = XN_FLAG_ONELINE;
static const int valor_EVP_PKEY_PUBLIC_KEY = EVP_PKEY_PUBLIC_KEY;
static const int valor_EVP_PKEY_KEYPAIR = EVP_PKEY_KEYPAIR;

// SSL_CTX_ctrl() in disguise.
static inline void valor_SSL_CTX_set_mode(SSL_CTX *context, long mode) {
  (void)SSL_CTX_set_mode(context, mode);
}
static inline int valor_SSL_CTX_set_min_proto_version(SSL_CTX *context, int version) {
  return (int)SSL_CTX_set_min_proto_version(context, version);
}
static inline int valor_SSL_CTX_set_max_proto_version(SSL_CTX *context, int version) {
  return (int)SSL_CTX_set_max_proto_version(context, version);
}
static inline void valor_SSL_CTX_set_session_cache_mode(SSL_CTX *context, long mode) {
  (void)SSL_CTX_set_session_cache_mode(context, mode);
}
static inline int valor_SSL_CTX_add1_chain_cert(SSL_CTX *context, X509 *certificate) {
  return (int)SSL_CTX_add1_chain_cert(context, certificate);
}

// SSL_CTX_callback_ctrl() in disguise, which also hides the callback's type.
static inline void valor_SSL_CTX_set_tlsext_servername_callback(
    SSL_CTX *context, int (*callback)(SSL *, int *, void *)) {
  (void)SSL_CTX_set_tlsext_servername_callback(context, callback);
}

// SSL_ctrl() in disguise, whose argument is a `void *` that is not written to.
static inline int valor_SSL_set_tlsext_host_name(SSL *ssl, const char *name) {
  return (int)SSL_set_tlsext_host_name(ssl, name);
}

// A macro over the variadic EVP_PKEY_Q_keygen().
static inline EVP_PKEY *valor_EVP_EC_gen(const char *curve) { return EVP_EC_gen(curve); }

// Stacks are macros over functions without types.
static inline int valor_sk_GENERAL_NAME_num(const GENERAL_NAMES *names) {
  return sk_GENERAL_NAME_num(names);
}
static inline const GENERAL_NAME *valor_sk_GENERAL_NAME_value(const GENERAL_NAMES *names, int at) {
  return sk_GENERAL_NAME_value(names, at);
}
static inline int valor_sk_GENERAL_NAME_push(GENERAL_NAMES *names, GENERAL_NAME *name) {
  return sk_GENERAL_NAME_push(names, name);
}
// The content of a name of type DNS or IP: a member of an anonymous union.
static inline const ASN1_STRING *valor_GENERAL_NAME_string(const GENERAL_NAME *name) {
  return name->type == GEN_DNS || name->type == GEN_IPADD ? name->d.ia5 : NULL;
}

#endif
