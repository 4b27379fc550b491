/* pages.h: how large the account is that pages.c serves and walk.c reads. */
#pragma once

enum {
    PAGES_CAMPAIGNS = 60,
    PAGES_ADSETS = 360,
    PAGES_ADS = 3600,
    PAGES_DAYS = 28 /* x 3,600 ads = 100,800 rows of insights */
};
#define PAGES_ACCOUNT "778801"
#define PAGES_ZONE "Asia/Almaty"
