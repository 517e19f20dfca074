/* style.h - the style sheet of the HTML pages. */
#ifndef OXBOW_REPORTS_PAGES_STYLE_H
#define OXBOW_REPORTS_PAGES_STYLE_H

extern const char OX_PAGE_STYLE[];

#endif
