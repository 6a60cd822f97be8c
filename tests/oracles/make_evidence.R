# Reference numbers from R for effect sizes, conversions and pools, on data simulated here.
# Run in this folder:
#   Rscript make_evidence.R
# Needs Debian's r-base-core, r-cran-metafor, r-cran-clubsandwich, r-cran-effectsize, r-cran-jsonlite.
suppressPackageStartupMessages({library(metafor); library(clubSandwich); library(effectsize); library(jsonlite)})
set.seed(20261122)
out <- list()
tight <- list(threshold = 1e-14, maxiter = 10000, tol = 1e-14)

# ---- one trial, as a paper could print it: means, t, F, p, difference with its error and interval
x <- rnorm(41, 12, 5); y <- rnorm(37, 10, 6)
test <- t.test(x, y, var.equal = TRUE)
smd <- function(...) { e <- escalc("SMD", m1i = mean(x), sd1i = sd(x), n1i = 41, m2i = mean(y), sd2i = sd(y), n2i = 37, ...); c(e$yi, e$vi) }
md <- escalc("MD", m1i = mean(x), sd1i = sd(x), n1i = 41, m2i = mean(y), sd2i = sd(y), n2i = 37)
out$trial <- list(
  mean = c(mean(x), mean(y)), sd = c(sd(x), sd(y)), n = c(41, 37), t = unname(test$statistic), p = test$p.value,
  p_one = t.test(x, y, var.equal = TRUE, alternative = "greater")$p.value,
  f = anova(lm(c(x, y) ~ rep(1:2, c(41, 37))))$`F value`[1], estimate = mean(x) - mean(y), std_error = test$stderr,
  interval = as.numeric(test$conf.int), d = { d <- cohens_d(x, y)$Cohens_d; c(d, 1 / 41 + 1 / 37 + d^2 / (2 * 78)) }, g = smd(vtype = "LS2"), md = c(md$yi, md$vi))

# ---- changes: Hedges' g of printed changes, and on the scale of scores with r = .6
change <- escalc("SMD", m1i = 3, sd1i = 4, n1i = 50, m2i = 1, sd2i = 5, n2i = 45, vtype = "LS2")
shrunk <- 2 * (1 - .6)
out$change <- list(change = c(change$yi, change$vi), score = c(change$yi * sqrt(shrunk), change$vi * shrunk))
zcor <- escalc("ZCOR", ri = c(.3, -.55), ni = c(60, 25))
out$correlation <- list(z = as.numeric(zcor$yi), v = as.numeric(zcor$vi))
out$convert <- list(log_or = d_to_oddsratio(.4, log = TRUE), d = oddsratio_to_d(-.7, log = TRUE), from_r = r_to_d(.3))

# ---- counts of nine trials, of which two have an arm without events
counts <- data.frame(study = paste("trial", LETTERS[1:9]), n_t = c(218, 40, 20, 100, 75, 33, 150, 61, 18), n_c = c(216, 38, 25, 90, 80, 30, 149, 60, 22))
counts$events_t <- rbinom(9, counts$n_t, .27); counts$events_c <- rbinom(9, counts$n_c, .36)
counts$events_t[3] <- 0; counts$events_c[9] <- 0; counts$events_t[9] <- 2
write.csv(counts, "evidence_counts.csv", row.names = FALSE)
cells <- function(f, measure, ...) f(measure = measure, ai = events_t, n1i = n_t, ci = events_c, n2i = n_c, data = counts, ...)
for (m in c("OR", "RR", "RD")) {
  e <- cells(escalc, m, add = ifelse(m == "RD", 0, .5))
  p <- cells(rma.mh, m, add = c(ifelse(m == "RD", 0, .5), 0), correct = FALSE)
  out$counts[[m]] <- list(yi = as.numeric(e$yi), vi = as.numeric(e$vi),
    mh = list(estimate = as.numeric(p$beta), std_error = p$se, q = p$QE, i_squared = p$I2 / 100, p = p$pval))
}
p <- rma.peto(ai = events_t, n1i = n_t, ci = events_c, n2i = n_c, data = counts)
out$peto <- list(estimate = as.numeric(p$beta), std_error = p$se, q = p$QE, df = p$k - 1)

# ---- twelve effects in two groups, and three that are more alike than chance
k <- 12
effects <- data.frame(study = sprintf("study %02d", 1:k), group = rep(c("north", "south"), c(5, 7)), variance = runif(k, .01, .2), n = sample(40:400, k))
effects$estimate <- rnorm(k, .25, sqrt(effects$variance + .06))
write.csv(effects, "evidence_effects.csv", row.names = FALSE)
alike <- data.frame(estimate = c(.20, .21, .22), variance = c(.02, .03, .04))
pooled <- function(d, method, test) {
  r <- rma(estimate, variance, data = d, method = method, test = test, control = tight)
  list(estimate = as.numeric(r$beta), std_error = r$se, conf_low = r$ci.lb, conf_high = r$ci.ub, p_value = r$pval, tau_squared = r$tau2)
}
for (d in c("effects", "alike")) for (method in c("FE", "DL", "PM", "REML")) for (test in c("z", "knha", "adhoc"))
  if (method != "FE" || test == "z") out[[d]][[method]][[test]] <- pooled(get(d), method, test)
r <- rma(estimate, variance, data = effects, test = "adhoc", control = tight)
u <- confint(r, control = list(tol = 1e-14))$random["tau^2", ]
fixed <- rma(estimate, variance, data = effects, method = "FE")
out$heterogeneity <- list(q = r$QE, p = r$QEp, i_squared_tau = r$I2 / 100, tau_low = u[["ci.lb"]], tau_high = u[["ci.ub"]],
  i_squared = fixed$I2 / 100, h_squared = fixed$H2, weights = as.numeric(weights(r)))
predicted <- predict(r)
out$prediction <- c(predicted$pi.lb, predicted$pi.ub)
out$leave_one_out <- sapply(1:k, function(i) as.numeric(rma(estimate, variance, data = effects[-i, ], control = tight)$beta))
groups <- lapply(split(effects, effects$group), pooled, method = "REML", test = "adhoc")
between <- rma(sapply(groups, `[[`, "estimate"), sei = sapply(groups, `[[`, "std_error"), method = "FE")
out$groups <- list(north = groups$north, south = groups$south, q = between$QE, p = between$QEp)

# ---- dependent effects: 9 studies with 1 to 4 effects each
many <- data.frame(study = rep(sprintf("study %d", 1:9), c(1, 3, 2, 4, 1, 2, 3, 1, 2)))
study <- setNames(rnorm(9, .3, .25), unique(many$study))
many$variance <- runif(nrow(many), .02, .1)
many$estimate <- study[many$study] + rnorm(nrow(many), 0, sqrt(many$variance))
many$n <- 100
write.csv(many, "evidence_dependent.csv", row.names = FALSE)
robustly <- function(fit, cluster) {
  v <- vcovCR(fit, cluster = cluster, type = "CR2"); t <- coef_test(fit, v, test = "Satterthwaite")
  list(estimate = as.numeric(fit$beta), std_error = t$SE, df = t$df, p_value = t$p_Satt, tau_squared = fit$tau2)
}
out$robust$independent <- robustly(rma(estimate, variance, data = many, control = tight), many$study)
average <- aggregate(cbind(estimate, variance) ~ study, many, mean)
out$robust$correlated <- robustly(rma(estimate, variance, data = average, control = tight), average$study)

write_json(out, "evidence.json", digits = 15, auto_unbox = TRUE, pretty = TRUE)
