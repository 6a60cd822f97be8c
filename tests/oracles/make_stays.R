# Reference numbers from R for lengths of stay, bed days and rates of stays simulated here. Run in this folder:
#   Rscript make_stays.R
# Needs Debian's r-base-core, r-cran-survival, r-cran-mass, r-cran-sandwich, r-cran-clubsandwich, r-cran-quantreg,
# r-cran-jsonlite.
suppressPackageStartupMessages({library(survival); library(MASS); library(sandwich); library(clubSandwich)
  library(quantreg); library(jsonlite)})
set.seed(20261122)
out <- list()

# ---- stays: 160 persons, one after the other from autumn 2017, on wards A and B, until the data end
first <- as.Date("2018-01-01"); last <- as.Date("2019-12-31")
rows <- list()
for (person in 1:160) {
  day <- as.Date("2017-09-01") + sample(0:500, 1); frail <- exp(rnorm(1, 0, .4))
  while (day <= last && length(rows) < 5000) {
    ward <- sample(c("A", "B"), 1); acute <- runif(1) < .6
    nights <- rnbinom(1, size = 1.3, mu = 12 * frail * exp(-.25 * (ward == "B") + .2 * acute))
    rows[[length(rows) + 1]] <- data.frame(person = person, ward = ward, acute = acute, age = round(runif(1, 18, 75)),
      admitted = day, discharged = day + nights)
    day <- day + nights + 1 + rgeom(1, 1 / 150) } }
d <- do.call(rbind, rows)
d$discharged[d$discharged > last] <- NA
write.csv(d, "lengths.csv", row.names = FALSE, na = "")

# ---- summary: open stays censored, stays open on the first day enter late; a same-day stay counts one day
d$event <- !is.na(d$discharged)
d$nights <- as.integer(ifelse(d$event, d$discharged, last) - as.integer(d$admitted))
d$days <- pmax(d$nights, 1)
before <- as.integer(first - d$admitted)
d$entry <- ifelse(before > 0, pmax(before - 1, 1), -1)
k <- d[!(d$event & d$nights < before) & d$days > d$entry, ]
out$n_followed <- nrow(k)
curve <- function(x) survfit(Surv(entry, days, event) ~ 1, data = x, cluster = person, robust = TRUE, conf.type = "log-log",
                             influence = 1)
area <- function(f, tau) {
  edges <- c(0, f$time[f$time < tau], tau); s <- c(1, f$surv[f$time < tau]); sum(s * diff(edges)) }
area_influence <- function(f, tau) {
  i <- f$influence.surv; keep <- f$time < tau; edges <- c(f$time[keep], tau)
  as.vector(i[, keep, drop = FALSE] %*% diff(edges)) }
described <- function(x) {
  f <- curve(x); q <- quantile(f, c(.25, .5, .75)); at <- summary(f, times = c(5, 10, 20, 40))
  list(n = nrow(x), quantile = as.vector(q$quantile), low = as.vector(q$lower), high = as.vector(q$upper),
       share = at$surv, share_low = at$lower, share_high = at$upper, at_risk = at$n.risk,
       mean_30 = area(f, 30), se_30 = sqrt(sum(area_influence(f, 30)^2))) }
out$all <- described(k)
out$A <- described(k[k$ward == "A", ]); out$B <- described(k[k$ward == "B", ])
fa <- curve(k[k$ward == "A", ]); fb <- curve(k[k$ward == "B", ])
influence <- function(f, x) { u <- area_influence(f, 30); names(u) <- sort(unique(x$person)); u }
ia <- influence(fa, k[k$ward == "A", ]); ib <- influence(fb, k[k$ward == "B", ])
both <- union(names(ia), names(ib)); zero <- function(u) { v <- u[both]; v[is.na(v)] <- 0; v }
out$difference_30 <- list(estimate = area(fb, 30) - area(fa, 30), std_error = sqrt(sum((zero(ib) - zero(ia))^2)))

# ---- models: stays counted up to 90 days, admitted from the first day on and at least 90 days before the end
m <- d[d$admitted >= first & last - d$admitted >= 90, ]
m$y <- pmin(m$days, 90); m$age <- m$age - mean(m$age); m$acute <- m$acute - mean(m$acute)
out$n_modelled <- nrow(m)
coefficients <- function(f, v) list(estimate = as.vector(coef(f)), std_error = as.vector(sqrt(diag(v))))
nb <- glm.nb(y ~ 0 + ward + acute + age, data = m, control = glm.control(epsilon = 1e-14, maxit = 200))
out$negative_binomial <- c(coefficients(nb, vcovCL(nb, m$person, type = "HC1", cadjust = TRUE)), alpha = 1 / nb$theta)
ga <- glm(y ~ 0 + ward + acute + age, data = m, family = Gamma("log"), control = glm.control(epsilon = 1e-14, maxit = 200))
out$gamma <- coefficients(ga, vcovCL(ga, m$person, type = "HC1", cadjust = TRUE))
# the ratio of the wards: the same model with an intercept
contrast <- function(v) sqrt(v[2, 2] + v[1, 1] - 2 * v[1, 2])
out$gamma$ratio_error <- contrast(vcovCL(ga, m$person, type = "HC1", cadjust = TRUE))
lg <- lm(log(y) ~ ward + acute + age, data = m)
test <- coef_test(lg, vcov = vcovCR(lg, m$person, type = "CR2"), test = "Satterthwaite")
out$geometric <- list(estimate = test$beta, std_error = test$SE, df = test$df_Satt, p_value = test$p_Satt)
out$quantile <- unname(coef(rq(y ~ ward, tau = c(.25, .5, .75), data = m)))

# ---- bed days in 2018, of the persons in the table; nights belong to the day on which they begin
from <- as.Date("2018-01-01"); after <- as.Date("2019-01-01")
bed <- tapply(seq_len(nrow(d)), d$person, function(i) sum(sapply(i, function(j) {
  end <- if (is.na(d$discharged[j])) after else d$discharged[j]
  if (end == d$admitted[j]) as.integer(d$admitted[j] >= from && d$admitted[j] < after) else
    max(0, as.integer(min(end, after) - max(d$admitted[j], from))) })))
years <- rep(365 / 365.25, length(bed))
p <- glm(bed ~ 1 + offset(log(years)), family = quasipoisson, control = glm.control(epsilon = 1e-14))
se <- sqrt(vcovCL(p, seq_along(bed), type = "HC0", cadjust = TRUE))[1]
spread <- qt(.975, length(bed) - 1) * se
out$bed_days <- list(sum = sum(bed), n = length(bed), rate = exp(coef(p))[[1]], low = exp(coef(p)[[1]] - spread),
                     high = exp(coef(p)[[1]] + spread), std_error = exp(coef(p))[[1]] * se)

# ---- rates: events of persons with unequal bed days
r <- data.frame(person = 1:60, days = 1 + rgeom(60, 1 / 30)); r$events <- rpois(60, r$days * .02 * rgamma(60, .5, .5))
q <- glm(events ~ 1 + offset(log(days)), family = quasipoisson, data = r, control = glm.control(epsilon = 1e-14))
effect <- vcovCL(q, r$person, type = "HC0", cadjust = TRUE)[1] * sum(r$events)
out$rate <- list(days = r$days, events = r$events, estimate = sum(r$events) / sum(r$days), design_effect = effect,
                 low = poisson.test(sum(r$events), sum(r$days))$conf.int[1],
                 high = poisson.test(sum(r$events), sum(r$days))$conf.int[2])
write(toJSON(out, digits = NA, auto_unbox = TRUE, pretty = TRUE), "lengths.json")
