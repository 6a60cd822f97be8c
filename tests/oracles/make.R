# Reference numbers from R for data simulated here. Run in this folder:  Rscript make.R
# Needs Debian's r-base-core, r-cran-survival, r-cran-metafor, r-cran-sandwich, r-cran-jsonlite.
suppressPackageStartupMessages({library(survival); library(metafor); library(sandwich); library(jsonlite)})
set.seed(20181101)
out <- list()

# two rounds of 40 persons, and two arms of unequal spread
pairs <- data.frame(person = 1:40, start = round(rnorm(40, 25, 8), 1))
pairs$later <- round(0.6 * pairs$start + rnorm(40, 13, 6), 1)
pairs$arm <- rep(c("peer", "usual"), length.out = 40)
write.csv(pairs, "pairs.csv", row.names = FALSE)
t_of <- function(t) list(estimate = unname(t$estimate[1]) - (if (length(t$estimate) > 1) unname(t$estimate[2]) else 0),
                         statistic = unname(t$statistic), df = unname(t$parameter), p_value = t$p.value,
                         conf_low = t$conf.int[1], conf_high = t$conf.int[2])
out$paired <- t_of(t.test(pairs$later, pairs$start, paired = TRUE))
change <- pairs$later - pairs$start
out$welch <- t_of(t.test(change[pairs$arm == "peer"], change[pairs$arm == "usual"]))
e <- escalc("SMCRH", m1i = mean(later), m2i = mean(start), sd1i = sd(start), sd2i = sd(later), ni = 40, ri = cor(start, later), data = pairs)
out$change_over_baseline_sd <- list(estimate = unname(e$yi[1]), variance = unname(e$vi[1]))
g <- escalc("SMD", m1i = 3.55, sd1i = .48, n1i = 136, m2i = 3.38, sd2i = .53, n2i = 117)
out$posttest <- list(estimate = unname(g$yi[1]))
out$holm <- p.adjust(c(.012, .04, .03, .2), "holm")

# proportions: Wilson, and the variance of a share with persons as clusters
out$wilson <- lapply(list(c(8, 47), c(0, 12), c(20, 20), c(64, 218)), function(x) {
  i <- suppressWarnings(prop.test(x[1], x[2], correct = FALSE))$conf.int
  list(numerator = x[1], denominator = x[2], conf_low = i[1], conf_high = i[2]) })
stays <- data.frame(person = sample(1:60, 200, TRUE))
stays$readmitted <- rbinom(200, 1, plogis(-1 + rnorm(60, 0, 1.2)[stays$person]))
write.csv(stays, "stays.csv", row.names = FALSE)
m <- lm(readmitted ~ 1, stays); p <- mean(stays$readmitted)
out$design_effect <- vcovCL(m, cluster = stays$person, type = "HC0", cadjust = TRUE)[1, 1] / (p * (1 - p) / 200)

# a two by two table: 64 of 218 and 83 of 216
k <- matrix(c(64, 154, 83, 133), 2, byrow = TRUE)
r <- glm(k ~ c("peer", "post"), family = binomial)
or <- (64 * 133) / (154 * 83); se <- sqrt(sum(1 / k)); rr <- (64 / 218) / (83 / 216); sr <- sqrt(1 / 64 - 1 / 218 + 1 / 83 - 1 / 216)
w <- function(x, n) suppressWarnings(prop.test(x, n, correct = FALSE))$conf.int
a <- w(64, 218); b <- w(83, 216); d <- 64 / 218 - 83 / 216
out$two_by_two <- list(odds_ratio = unname(exp(-coef(r)[2])), odds_ratio_by_hand = or,
  odds_ratio_low = exp(log(or) - qnorm(.975) * se), odds_ratio_high = exp(log(or) + qnorm(.975) * se),
  risk_ratio = rr, risk_ratio_low = exp(log(rr) - qnorm(.975) * sr), risk_ratio_high = exp(log(rr) + qnorm(.975) * sr),
  risk_difference = d, newcombe_low = d - sqrt((64 / 218 - a[1])^2 + (b[2] - 83 / 216)^2), newcombe_high = d + sqrt((a[2] - 64 / 218)^2 + (83 / 216 - b[1])^2),
  wald_low = d - qnorm(.975) * sqrt(64 * 154 / 218^3 + 83 * 133 / 216^3), wald_high = d + qnorm(.975) * sqrt(64 * 154 / 218^3 + 83 * 133 / 216^3),
  p_chi2 = chisq.test(k, correct = FALSE)$p.value, p_yates = chisq.test(k)$p.value, p_fisher = fisher.test(k)$p.value)

# days to readmission with ties and censoring
days <- data.frame(day = pmin(ceiling(rweibull(150, .7, 200)), 365))
days$event <- as.integer(days$day < 365 & rbinom(150, 1, .8) == 1)
write.csv(days, "days.csv", row.names = FALSE)
s <- summary(survfit(Surv(day, event) ~ 1, days, conf.type = "log-log"))
out$kaplan_meier <- data.frame(time = s$time, n = s$n.risk, n_events = s$n.event, estimate = s$surv, conf_low = s$lower, conf_high = s$upper)

out$engine <- c(R = R.version.string, sapply(c("survival", "metafor", "sandwich"), function(x) as.character(packageVersion(x))))
writeLines(toJSON(out, auto_unbox = TRUE, digits = I(12), pretty = TRUE, na = "null"), "numbers.json")
