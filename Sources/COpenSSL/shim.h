#ifndef VALOR_COPENSSL_SHIM_H
#define VALOR_COPENSSL_SHIM_H

// OpenSSL spells many calls as macros, which Swift cannot see: each has an inline function here.
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#endif
