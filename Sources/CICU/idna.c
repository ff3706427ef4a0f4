#include "CICU.h"

#include <unicode/uchar.h>
#include <unicode/uidna.h>

// CheckBidi and CheckJoiners are true and Transitional_Processing is false.
static const uint32_t options =
    UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_NONTRANSITIONAL_TO_ASCII;

// CheckHyphens and VerifyDnsLength are false, which ICU has no option for: these errors do not count.
static const uint32_t ignored_errors =
    UIDNA_ERROR_EMPTY_LABEL | UIDNA_ERROR_LABEL_TOO_LONG | UIDNA_ERROR_DOMAIN_NAME_TOO_LONG |
    UIDNA_ERROR_LEADING_HYPHEN | UIDNA_ERROR_TRAILING_HYPHEN | UIDNA_ERROR_HYPHEN_3_4;

valor_idna *valor_idna_open(void) {
  UErrorCode status = U_ZERO_ERROR;
  UIDNA *idna = uidna_openUTS46(options, &status);
  return U_SUCCESS(status) ? (valor_idna *)idna : NULL;
}

void valor_idna_close(valor_idna *idna) { uidna_close((UIDNA *)idna); }

int32_t valor_idna_to_ascii(const valor_idna *idna, const char *name, int32_t length, char *output,
                            int32_t capacity) {
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  UErrorCode status = U_ZERO_ERROR;
  int32_t needed = uidna_nameToASCII_UTF8((const UIDNA *)idna, name, length, output, capacity,
                                          &info, &status);
  if (status == U_BUFFER_OVERFLOW_ERROR) return needed;
  if (U_FAILURE(status) || (info.errors & ~ignored_errors) != 0) return -1;
  return needed;
}

int32_t valor_icu_unicode_version(void) {
  UVersionInfo version;
  u_getUnicodeVersion(version);
  return version[0] * 100 + version[1];
}
