# Reference numbers for paths of the mixed model that mmrm.json does not hold, from other packages, on the same data.
# Debian: r-cran-nlme r-cran-lme4 r-cran-lmertest r-cran-pbkrtest r-cran-emmeans r-cran-clubsandwich r-cran-jsonlite
# Run in this folder:  Rscript make_mmrm_more.R
suppressPackageStartupMessages({library(nlme); library(lmerTest); library(emmeans); library(clubSandwich); library(jsonlite)})
read <- function(name) { d <- read.csv(paste0(name, ".csv")); d$round <- factor(d$round, unique(d$round)); d$arm <- factor(d$arm, c("usual", "peer"))
  d$sex <- factor(d$sex); d$person <- factor(d$person); d$unit <- factor(d$unit); d$k <- as.integer(d$round); d[order(d$person, d$k), ] }
fixed <- score ~ age + sex + arm * round
tight <- glsControl(tolerance = 1e-10, msTol = 1e-12, msMaxIter = 500, maxIter = 500, opt = "nlminb")
own <- varIdent(form = ~ 1 | round)
fits <- list(
  ar1 = list("three_rounds", corAR1(form = ~ k | person), NULL), har1 = list("five_rounds", corAR1(form = ~ k | person), own),
  cs = list("five_rounds", corCompSymm(form = ~ k | person), NULL), hcs = list("five_rounds", corCompSymm(form = ~ k | person), own),
  toeplitz = list("three_rounds", corARMA(p = 2, form = ~ k | person), NULL), toeplitz_five = list("five_rounds", corARMA(c(.6, .1, .1, .05), p = 4, form = ~ k | person), NULL))
out <- list(versions = lapply(c("nlme", "lme4", "lmerTest", "pbkrtest", "emmeans", "clubSandwich"), function(p) paste(p, packageVersion(p))))
table <- function(x) { x <- as.data.frame(x); x$name <- rownames(x); x }
for (n in names(fits)) for (m in c("REML", "ML")) { f <- fits[[n]]; d <- read(f[[1]])
  g <- do.call(gls, list(fixed, d, correlation = f[[2]], weights = f[[3]], method = m, control = tight))
  out$gls[[paste(n, m)]] <- list(data = f[[1]], coefficients = unname(coef(g)), std_error = unname(sqrt(diag(vcov(g)))), loglik = as.numeric(logLik(g)), n = nobs(g), p = length(coef(g))) }
# compound symmetry is a random intercept: other code, expected instead of observed information for the df
for (n in c("three_rounds", "three_rounds_small", "five_rounds")) { d <- read(n)
  r <- lmer(score ~ age + sex + arm * round + (1 | person), d, control = lmerControl(optCtrl = list(xtol_abs = 1e-12, ftol_abs = 1e-12)))
  for (ddf in c("Satterthwaite", "Kenward-Roger")) for (type in c("2", "3")) out$lmer[[n]]$anova[[paste(ddf, type)]] <- table(anova(r, ddf = ddf, type = type))
  e <- emmeans(r, ~ round | arm, lmer.df = "satterthwaite")
  for (a in c("tukey", "holm", "BH")) out$lmer[[n]]$pairs[[a]] <- as.data.frame(summary(contrast(e, "revpairwise"), adjust = a))
  out$lmer[[n]]$loglik <- as.numeric(logLik(r)) }
# an unbalanced design with a third factor, and a covariate that depends on the round
d <- read("five_rounds"); d$site <- factor(c("a", "b", "c")[1 + as.integer(d$unit) %% 3]); d <- subset(d, !(site == "c" & k == 5 & age > 40))
r <- lmer(score ~ site * round + sex * arm + age + (1 | person), d)
for (type in c("2", "3")) out$sites[[type]] <- table(anova(r, ddf = "Kenward-Roger", type = type))
e <- emmeans(r, ~ round | arm, lmer.df = "kenward-roger"); out$site_means <- as.data.frame(summary(e))
# sandwich: CR0 and CR2 by person and by unit, with independent rows (where all forms of CR2 agree) and unstructured
for (n in c("three_rounds", "five_rounds")) { d <- read(n)
  u <- gls(fixed, d, correlation = corCompSymm(form = ~ k | person), method = "REML", control = tight)
  i <- lm(fixed, d)
  for (type in c("CR0", "CR2")) for (by in c("person", "unit")) {
    out$sandwich[[n]][[paste("cs", type, by)]] <- as.list(as.data.frame(coef_test(u, vcov = vcovCR(u, cluster = d[[by]], type = type), test = "Satterthwaite"))[c("SE", "df_Satt")])
    out$sandwich[[n]][[paste("lm", type, by)]] <- as.list(as.data.frame(coef_test(i, vcov = vcovCR(i, cluster = d[[by]], type = type), test = "Satterthwaite"))[c("SE", "df_Satt")]) } }
out$tukey <- ptukey(2.5 * sqrt(2), 3, 20, lower.tail = FALSE)
writeLines(toJSON(out, auto_unbox = TRUE, digits = I(12), pretty = TRUE, na = "null"), "mmrm_more.json")
