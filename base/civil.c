/* civil.c - dates of the calendar as numbers of days */
#include "base/civil.h"

int64_t civil_to_days(int32_t year, int32_t month, int32_t day)
{
    int64_t y = (int64_t)year - (month <= 2 ? 1 : 0);
    int64_t era = civil_floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1; /* from 1 March */
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

void civil_from_days(int64_t days, struct civil *ret)
{
    int64_t shifted = days + 719468; /* from 0000-03-01 */
    int64_t era = civil_floor_div(shifted, 146097);
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    int32_t month = (int32_t)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    *ret = (struct civil){
        .year = (int32_t)(year_of_era + era * 400 + (month <= 2 ? 1 : 0)),
        .month = month,
        .day = (int32_t)(day_of_year - (153 * shifted_month + 2) / 5 + 1),
    };
}

int32_t civil_days_in_month(int32_t year, int32_t month)
{
    return (int32_t)(month == 12 ? 31 : civil_to_days(year, month + 1, 1) - civil_to_days(year, month, 1));
}

int64_t civil_ms(const struct civil *civil)
{
    int64_t days = civil_to_days(civil->year, civil->month, civil->day);
    return (((days * 24 + civil->hour) * 60 + civil->minute) * 60 + civil->second) * 1000 + civil->ms;
}

void civil_from_s(int64_t s, struct civil *ret)
{
    int32_t rest = (int32_t)((s % 86400 + 86400) % 86400);
    civil_from_days(civil_floor_div(s, 86400), ret);
    ret->hour = rest / 3600;
    ret->minute = rest / 60 % 60;
    ret->second = rest % 60;
}

void civil_from_ms(int64_t ms, struct civil *ret)
{
    civil_from_s(civil_floor_div(ms, 1000), ret);
    ret->ms = (int32_t)((ms % 1000 + 1000) % 1000);
}
