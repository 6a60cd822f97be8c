# Numbers for tests/oracles/test_survival.py: simulated stays, and what R says of them. Run in this folder.
# Needs Debian's r-base-core, r-cran-survival, r-cran-cmprsk, r-cran-mets, r-cran-jsonlite.
suppressPackageStartupMessages({library(survival); library(cmprsk); library(mets); library(jsonlite)})
set.seed(20)

# stays: 420 of 260 persons in 14 units, three groups, whole days with many ties, day 0 among them
n <- 420
person <- sample(260, n, replace = TRUE)
unit <- person %% 14 + 1
group <- c("A", "B", "C")[unit %% 3 + 1]
age <- round(45 + 14 * rnorm(260))[person]
woman <- rbinom(260, 1, 0.5)[person]
frailty <- exp(0.5 * rnorm(260))[person]
back <- ceiling(rexp(n, 0.012 * frailty * exp(0.02 * (age - 45) - 0.5 * (group == "B")))) - rbinom(n, 1, 0.1)
dead <- ceiling(rexp(n, 0.005 * exp(0.04 * (age - 45) + 0.4 * woman)))
last <- sample(20:120, n, replace = TRUE)
day <- pmin(back, dead, last)
event <- ifelse(back <= pmin(dead, last), 1, ifelse(dead <= last, 2, 0))
stays <- data.frame(person, unit, group, age, woman, day, event)
write.csv(stays, "readmission_times.csv", row.names = FALSE)

out <- list()
grid <- c(0, 1, 5, 10, 30, 60, 100)

# the cumulative incidence of each group, infinitesimal jackknife, log-log limits
fit <- survfit(Surv(day, factor(event, 0:2, c("in", "readmitted", "died"))) ~ group, stays, conf.type = "log-log")
s <- summary(fit, times = grid, extend = TRUE)
out$incidence <- do.call(rbind, lapply(2:3, function(k) data.frame(group = sub("group=", "", s$strata), time = s$time,
  outcome = s$states[k], estimate = s$pstate[, k], std_error = s$std.err[, k], conf_low = s$lower[, k],
  conf_high = s$upper[, k], n = s$n.risk[, 1])))
# the area under them, and the restricted mean without deaths
lost <- survival:::survmean2(fit, rmean = 60)$matrix
# R 3.5 gives no standard errors of these areas: differences of weighted fits, stay by stay
area <- function(w) { m <- survival:::survmean2(survfit(Surv(day, factor(event, 0:2, c("in", "readmitted", "died"))) ~ group,
  stays, weights = w, se.fit = FALSE), rmean = 60)$matrix[, "rmean"]; m[4:9] }
slopes <- sapply(1:n, function(i) { w <- rep(1, n); w[i] <- 1 + 1e-4; u <- rep(1, n); u[i] <- 1 - 1e-4
  (area(w) - area(u)) / 2e-4 })
out$lost <- data.frame(group = rep(c("A", "B", "C"), 2), outcome = rep(c("readmitted", "died"), each = 3),
  estimate = lost[4:9, "rmean"], std_error = sqrt(rowSums(slopes^2)))
alone <- survfit(Surv(day, event == 1) ~ group, stays)
rmean <- summary(alone, rmean = 60)$table
out$restricted <- data.frame(group = c("A", "B", "C"), estimate = rmean[, "rmean"], std_error = rmean[, "se(rmean)"])

# tests of curves
sd <- survdiff(Surv(day, event == 1) ~ group, stays)
out$log_rank <- list(statistic = sd$chisq, observed = sd$obs, expected = sd$exp)
sd40 <- survdiff(Surv(pmin(day, 40), event == 1 & day <= 40) ~ group, stays)
out$log_rank_40 <- list(statistic = sd40$chisq)
tests <- cuminc(stays$day, stays$event, stays$group)$Tests
out$gray <- data.frame(statistic = tests[, "stat"], p_value = tests[, "pv"], df = tests[, "df"])
two <- subset(stays, group != "C")
out$gray_two <- data.frame(cuminc(two$day, two$event, two$group)$Tests)

# Cox
said <- function(f) list(names = names(coef(f)), coefficients = unname(coef(f)), se = unname(sqrt(diag(vcov(f)))),
  naive = unname(sqrt(diag(if (is.null(f$naive.var)) f$var else f$naive.var))), loglik = f$loglik)
checked <- function(f, transform) { z <- cox.zph(f, transform)$table; data.frame(term = rownames(z), z, row.names = NULL) }
cox <- coxph(Surv(day, event == 1) ~ group + age + woman, stays, ties = "efron", cluster = person)
plain <- coxph(Surv(day, event == 1) ~ group + age + woman, stays, ties = "efron")
out$cox <- said(cox)
out$cox_by_unit <- said(coxph(Surv(day, event == 1) ~ group + age + woman, stays, ties = "efron", cluster = unit))
out$cox_death <- said(coxph(Surv(day, event == 2) ~ age + woman, stays, ties = "efron", cluster = person))
out$zph_km <- checked(plain, "km")
out$zph_identity <- checked(plain, "identity")

# Fine and Gray
x <- model.matrix(~ group + age + woman, stays)[, -1]
fg <- crr(stays$day, stays$event, x, failcode = 1, cencode = 0, gtol = 1e-10)
out$fine_gray <- list(names = colnames(x), coefficients = unname(fg$coef), se = unname(sqrt(diag(fg$var))))

# recurrent readmissions: persons out of hospital from start to stop, and the day of death or end of follow-up
each <- lapply(1:180, function(i) {
  end <- sample(60:200, 1); death <- ceiling(rexp(1, 0.004)); last <- min(end, death); z <- rgamma(1, 2, 2)
  start <- 0; rows <- NULL
  while (start < last) {
    stop <- start + ceiling(rexp(1, 0.015 * z * ifelse(i %% 2 == 0, 1.6, 1)))
    rows <- rbind(rows, data.frame(person = i, group = c("A", "B")[i %% 2 + 1], start = start, stop = min(stop, last),
      event = as.integer(stop <= last), last = last, died = as.integer(death <= end)))
    start <- stop + sample(0:12, 1)
  }
  rows
})
recurrent <- do.call(rbind, each)
write.csv(recurrent, "recurrent_readmissions.csv", row.names = FALSE)
at <- c(10, 30, 60, 120, 180)
# without deaths: Nelson and Aalen's estimator with the variance of persons
fit <- survfit(Surv(start, stop, event) ~ 1, recurrent, cluster = person)
s <- summary(fit, times = at)
i <- findInterval(at, fit$time)
out$mean_function <- data.frame(time = at, estimate = fit$cumhaz[i], std_error = fit$std.chaz[i])
# Ghosh and Lin: the integral of S(t-) dN / Y; standard errors by differences of weighted fits, person by person
lives <- recurrent[!duplicated(recurrent$person), ]
ghosh_lin <- function(w) {
  d <- survfit(Surv(last, died) ~ 1, lives, weights = w)
  r <- survfit(Surv(start, stop, event) ~ 1, recurrent, weights = w[match(recurrent$person, lives$person)], timefix = FALSE)
  before <- c(1, d$surv)[findInterval(r$time, d$time, left.open = TRUE) + 1]
  cumsum(before * r$n.event / r$n.risk)[findInterval(at, r$time)]
}
one <- rep(1, nrow(lives)); h <- 1e-4
slopes <- sapply(seq_along(one), function(i) { up <- one; up[i] <- 1 + h; down <- one; down[i] <- 1 - h
  (ghosh_lin(up) - ghosh_lin(down)) / (2 * h) })
out$ghosh_lin <- data.frame(time = at, estimate = ghosh_lin(one), std_error = sqrt(rowSums(slopes^2)))
# the same from mets, if persons in hospital were at risk; without ties, since mets takes tied days one after another: each
# person's days are moved by a fraction of her own
whole <- do.call(rbind, lapply(split(recurrent, recurrent$person), function(p) {
  ends <- unique(c(p$stop[p$event == 1], p$last[1])); k <- length(ends)
  data.frame(person = p$person[1], start = c(0, ends[-k]), stop = ends, event = as.integer(ends %in% p$stop[p$event == 1]),
    death = c(rep(0, k - 1), p$died[1]))
}))
whole$start <- ifelse(whole$start > 0, whole$start + whole$person / 200, 0)
whole$stop <- whole$stop + whole$person / 200
events <- phreg(Surv(start, stop, event) ~ cluster(person), data = whole)
deaths <- phreg(Surv(start, stop, death) ~ cluster(person), data = whole)
near <- recurrentMarginal(events, deaths)
i <- findInterval(at + 1, near$times)
out$mets <- data.frame(time = at, estimate = near$mu[i], std_error = near$se.mu[i])
ag <- coxph(Surv(start, stop, event) ~ group, recurrent, ties = "efron", cluster = person)
out$andersen_gill <- said(ag)
out$zph_andersen_gill <- checked(coxph(Surv(start, stop, event) ~ group, recurrent, ties = "efron"), "km")
out$engine <- c(R = R.version.string, sapply(c("survival", "cmprsk", "mets"), function(x) as.character(packageVersion(x))))
write(toJSON(out, digits = 12, auto_unbox = TRUE, pretty = TRUE), "survival.json")
