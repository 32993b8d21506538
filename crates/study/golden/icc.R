# Intraclass correlations by R's psych, to check those of scores.json by another implementation.
#
# Usage: Rscript icc.R > icc.json      (Debian: r-cran-psych)
# Order of each "icc": ICC(1), ICC(A,1), ICC(C,1), ICC(k), ICC(A,k), ICC(C,k): value, low, high.

suppressPackageStartupMessages(library(psych))
set.seed(4)
case <- function(n_units, n_raters, noise) {
  quality <- rnorm(n_units, 3, 1.1)
  raw <- matrix(quality, n_units, n_raters) + rnorm(n_units * n_raters, 0, noise)
  raw <- sweep(raw, 2, rnorm(n_raters, 0, 0.4), "+")
  pmin(pmax(round(raw), 1), 5)
}
number <- function(x) paste0("[", paste(format(x, digits = 17, trim = TRUE), collapse = ","), "]")
cases <- list(case(60, 2, 0.7), case(40, 3, 1.0), case(30, 4, 2.0))
texts <- sapply(cases, function(table) {
  result <- ICC(table, lmer = FALSE)$results
  rows <- apply(table, 1, number)
  values <- apply(result[, c("ICC", "lower bound", "upper bound")], 1, number)
  paste0('{"table":[', paste(rows, collapse = ","), '],"icc":[', paste(values, collapse = ","), "]}")
})
cat(paste0('{"made_with":"psych ', packageVersion("psych"), ', R ', getRversion(), '","cases":[',
           paste(texts, collapse = ","), "]}\n"))
