#include "CICU.h"

#include <unicode/ucnv.h>

bool valor_icu_map(const char *converter, const uint8_t *sequences, int32_t width, int32_t count,
                   uint32_t *code_points) {
  UErrorCode status = U_ZERO_ERROR;
  UConverter *open = ucnv_open(converter, &status);
  if (U_FAILURE(status)) return false;
  ucnv_setToUCallBack(open, UCNV_TO_U_CALLBACK_STOP, NULL, NULL, NULL, &status);
  for (int32_t i = 0; i < count; i++) {
    UChar units[8];
    UErrorCode failure = U_ZERO_ERROR;
    int32_t length = ucnv_toUChars(open, units, 8, (const char *)sequences + (size_t)i * width,
                                   width, &failure);
    code_points[i] = 0;
    if (U_FAILURE(failure)) continue;
    if (length == 1) code_points[i] = units[0];
    if (length == 2 && U16_IS_LEAD(units[0]) && U16_IS_TRAIL(units[1])) {
      code_points[i] = U16_GET_SUPPLEMENTARY(units[0], units[1]);
    }
  }
  ucnv_close(open);
  return U_SUCCESS(status);
}
