# Reference numbers from R for standardised rates, funnel limits, control charts and run charts, on data simulated here.
# Run in this folder:
#   Rscript make_rates.R
# Needs Debian's r-base-core, r-cran-survey, r-cran-epir, r-cran-epitools, r-cran-jsonlite.
suppressPackageStartupMessages({library(survey); library(jsonlite)})
set.seed(20261123)
out <- list()

# ---- index stays: 160 persons with 1 to 6 stays each, three wards, ages and sexes
n <- 160
persons <- data.frame(person = sprintf("p%03d", 1:n), sex = sample(c("female", "male"), n, TRUE), age = sample(18:80, n, TRUE))
s <- persons[rep(1:n, sample(1:6, n, TRUE)), ]
s$unit <- sample(c("A", "B", "C"), nrow(s), TRUE, c(.5, .3, .2))
frail <- rnorm(n, 0, 1); names(frail) <- persons$person
s$readmitted <- rbinom(nrow(s), 1, plogis(-1.3 + frail[s$person] + .02 * (s$age - 45)))
write.csv(s, "rates_stays.csv", row.names = FALSE)
s$age_group <- cut(s$age, c(0, 40, 60, Inf), right = FALSE, labels = c("0-39", "40-59", "60+"))
s$stratum <- interaction(s$age_group, s$sex)

# ---- direct: survey's post-stratified designs of one ward each, persons as clusters
everybody <- table(s$stratum)
standard <- setNames(c(30, 25, 20, 10, 10, 5), levels(s$stratum))
direct <- function(population) lapply(split(s, s$unit), function(d) {
  design <- svydesign(ids = ~person, data = d, weights = ~1)
  post <- svystandardize(design, by = ~stratum, over = ~1, population = population)
  m <- svymean(~readmitted, post); G <- length(unique(d$person))
  # survey's factor is G / (G - 1); here as many means are fitted as there are strata
  r <- as.numeric(coef(m)); v <- as.numeric(SE(m))^2 * (G - 1) / (G - nlevels(d$stratum))
  N <- table(d$stratum); w <- population / sum(population)
  size <- min(r * (1 - r) / v, 1 / sum(w^2 / N))
  ci <- prop.test(r * size, size, correct = FALSE)$conf.int
  list(estimate = r, variance = v, design_effect = nrow(d) / size, conf_low = ci[1], conf_high = ci[2]) })
suppressWarnings({out$direct <- direct(everybody); out$direct_standard <- direct(standard)})
# independent stays, one each: epitools' direct standardisation is of Poisson rates, its estimate is the same
out$epitools <- lapply(split(s, s$unit), function(d)
  unname(epitools::ageadjust.direct(tapply(d$readmitted, d$stratum, sum), table(d$stratum), stdpop = standard)["adj.rate"]))

# ---- indirect: observed and expected; variance of the ratio from survey's svyratio, persons as clusters
rate <- tapply(s$readmitted, s$stratum, mean)
s$expected <- rate[as.character(s$stratum)]
out$indirect <- lapply(split(s, s$unit), function(d) {
  O <- sum(d$readmitted); E <- sum(d$expected); ratio <- O / E
  q <- svyratio(~readmitted, ~expected, svydesign(ids = ~person, data = d, weights = ~1))
  p <- pmin(ratio * d$expected, 1)
  effect <- max(1, as.numeric(vcov(q)) * E^2 / sum(p * (1 - p)))
  x <- O / effect
  list(observed = O, expected = E, estimate = ratio, design_effect = effect,
       conf_low = qgamma(.025, x) * effect / E, conf_high = qgamma(.975, x + 1) * effect / E) })
# without repeated stays: the exact limits of a ratio of Garwood, as poisson.test gives them; Byar's approximation of epiR beside
out$exact_ratio <- as.numeric(poisson.test(18, 12.4)$conf.int)
out$byar_ratio <- as.numeric(epiR::epi.smr(18, 12.4, method = "byar", conf.level = .95)[c("est", "lower", "upper")])

# ---- funnel: Spiegelhalter 2005, appendix, written from the paper
I <- 24
groups <- data.frame(group = sprintf("Ward %02d", 1:I), denominator = sample(12:400, I))
groups$numerator <- rbinom(I, groups$denominator, plogis(rnorm(I, -1.2, .35)))
groups$expected <- round(groups$denominator * runif(I, .18, .3), 2)
groups$plain <- rbinom(I, groups$denominator, .23)
write.csv(groups, "funnel_groups.csv", row.names = FALSE)
winsorise <- function(z) { q <- quantile(z, c(.1, .9)); pmin(pmax(z, q[1]), q[2]) }
ps <- c(lower_95 = .025, upper_95 = .975, lower_998 = .001, upper_998 = .999)
funnel <- function(y, v, theta, top) {
  z <- winsorise((y - theta) / sqrt(v)); phi <- sum(z^2) / I; w <- 1 / v
  tau2 <- max(0, (sum(z^2) - (I - 1)) / (sum(w) - sum(w^2) / sum(w)))
  clip <- function(x) pmin(pmax(x, 0), top)
  list(factor = max(1, phi), between = tau2,
       multiplicative = lapply(ps, function(p) clip(theta + qnorm(p) * sqrt(max(1, phi) * v))),
       additive = lapply(ps, function(p) clip(theta + qnorm(p) * sqrt(v + tau2))),
       z_multiplicative = (y - theta) / sqrt(max(1, phi) * v), z_additive = (y - theta) / sqrt(v + tau2)) }
g <- groups; theta <- sum(g$numerator) / sum(g$denominator)
out$funnel_share <- funnel(g$numerator / g$denominator, theta * (1 - theta) / g$denominator, theta, 1)
out$funnel_ratio <- funnel(g$numerator / g$expected, 1 / g$expected, 1, Inf)
binomial <- function(p, n, theta) { r <- qbinom(p, n, theta)
  pmax(0, (r - (pbinom(r, n, theta) - p) / (pbinom(r, n, theta) - pbinom(r - 1, n, theta))) / n) }
poisson <- function(p, E, theta) { r <- qpois(p, theta * E)
  pmax(0, (r - (ppois(r, theta * E) - p) / (ppois(r, theta * E) - ppois(r - 1, theta * E))) / E) }
out$exact_share <- lapply(ps, binomial, g$denominator, theta)
out$exact_share_effect <- lapply(ps, binomial, floor(g$denominator / 1.6), theta)
out$exact_ratio_limits <- lapply(ps, poisson, g$expected, 1)

# ---- control charts: p and u by hand (Shewhart), p-prime after Laney 2002
k <- 30
series <- data.frame(time = seq(as.Date("2018-01-01"), by = "month", length.out = k), denominator = sample(40:160, k))
series$numerator <- rbinom(k, series$denominator, plogis(rnorm(k, -1.2, .25)))
series$numerator[19] <- series$denominator[19] %/% 2
write.csv(series, "rates_series.csv", row.names = FALSE)
y <- series$numerator / series$denominator
chart <- function(rows, kind) {
  d <- series[rows, ]; c <- sum(d$numerator) / sum(d$denominator)
  sd <- if (kind == "u") sqrt(c / series$denominator) else sqrt(c * (1 - c) / series$denominator)
  if (kind == "p-prime") sd <- sd * mean(abs(diff(((y - c) / sd)[rows]))) / (2 / sqrt(pi))
  list(centre = c, lower = pmax(0, c - 3 * sd), upper = if (kind == "u") c + 3 * sd else pmin(1, c + 3 * sd)) }
out$charts <- lapply(c(p = "p", `p-prime` = "p-prime", u = "u"), function(kind)
  list(all = chart(1:k, kind), frozen = chart(1:12, kind), second = chart(13:k, kind)))

# ---- run charts: Anhøj's rules by rle and qbinom
rules <- function(x) { side <- sign(x - median(x, na.rm = TRUE)); side <- side[!is.na(side) & side != 0]; n <- length(side)
  runs <- rle(side)$lengths
  list(values = x, n = n, longest = max(runs), crossings = length(runs) - 1, longest_limit = round(log2(n) + 3),
       crossings_limit = qbinom(.05, n - 1, .5)) }
out$runs <- c(list(rules(y)), lapply(1:40, function(i) {
  m <- sample(8:60, 1); x <- round(rnorm(m) + (i %% 3) * (seq_len(m) > m / 2), 1); x[sample(m, m %/% 10)] <- NA; rules(x) }))

write(toJSON(out, auto_unbox = TRUE, digits = NA, na = "null"), "rates.json")
