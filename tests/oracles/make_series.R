# Segmented regression with AR(1) errors by restricted maximum likelihood, for estimation/autoregressive.py and series/interrupted.py.
# Debian: r-cran-nlme r-cran-jsonlite.  Run in this folder:  Rscript make_series.R
suppressPackageStartupMessages({library(nlme); library(jsonlite)})
set.seed(20)
n <- 48; month <- seq(as.Date("2015-01-01"), by = "month", length.out = n); k <- 0:(n - 1)
shared <- as.numeric(arima.sim(list(ar = .4), n))
stays <- round(120 + 30 * sin(k / 5)); others <- round(200 + 40 * cos(k / 7))
ar <- function(phi) as.numeric(arima.sim(list(ar = phi), n))
treated <- 24 - .05 * k - 2 * (k >= 24) - .1 * (k - 24) * (k >= 24) + 1.5 * (k >= 36) + shared + 8 * ar(.5) / sqrt(stays)
compared <- 22 - .03 * k + 1.5 * (k >= 36) + shared + 8 * ar(.5) / sqrt(others)
d <- data.frame(time = format(month), treated = round(treated, 4), stays = stays, compared = round(compared, 4), others = others)
write.csv(d, "series.csv", row.names = FALSE, quote = FALSE)
d <- read.csv("series.csv"); d$k <- k
d$level <- as.numeric(k >= 24); d$slope <- pmax(k - 24, 0); d$broken <- as.numeric(k >= 36); d$month <- factor(1 + k %% 12)
d$difference <- d$treated - d$compared; d$w <- d$stays; d$wd <- 1 / (1 / d$stays + 1 / d$others)
tight <- glsControl(tolerance = 1e-12, msTol = 1e-14, msMaxIter = 2000, maxIter = 500, opt = "nlminb", msVerbose = FALSE)
fit <- function(formula, data, weights = NULL, method = "REML") {
  g <- do.call(gls, list(formula, data, correlation = corAR1(form = ~ k), weights = weights, method = method, control = tight))
  list(names = names(coef(g)), coefficients = unname(coef(g)), std_error = unname(sqrt(diag(vcov(g)))), loglik = as.numeric(logLik(g)),
       phi = unname(coef(g$modelStruct$corStruct, unconstrained = FALSE)), sigma = g$sigma, n = nobs(g)) }
gaps <- d[-c(5, 6, 17, 30), ]
plain <- treated ~ k + level + slope
out <- list(versions = paste("nlme", packageVersion("nlme")),
  plain = fit(plain, d), broken = fit(update(plain, . ~ . + broken), d), season = fit(update(plain, . ~ . + month), d),
  gaps = fit(plain, gaps), weighted = fit(plain, d, varFixed(~ I(1 / w))),
  difference = fit(update(plain, difference ~ .), d), difference_weighted = fit(update(plain, difference ~ . + broken), d, varFixed(~ I(1 / wd))))
writeLines(toJSON(out, auto_unbox = TRUE, digits = I(12), pretty = TRUE), "series.json")
