# Reference numbers for peereval.compare_rounds, on three_rounds.csv and three_rounds_small.csv. Run in this folder:
#   Rscript make_rounds.R
# Debian: r-cran-nlme r-cran-geepack r-cran-clubsandwich r-cran-ordinal r-cran-lme4 r-cran-numderiv r-cran-statmod r-cran-jsonlite
# Estimates and standard errors of mixed models: nlme::gls. Kenward-Roger degrees of freedom and standard errors: the
# formulas of Kenward and Roger (1997), first order, written out below with whole matrices and numDeriv's Hessian of the
# restricted likelihood (observed information), since pbkrtest takes no gls.
suppressPackageStartupMessages({library(nlme); library(geepack); library(clubSandwich); library(ordinal); library(lme4)
  library(numDeriv); library(jsonlite)})
tight <- glsControl(tolerance = 1e-10, msTol = 1e-13, msMaxIter = 500, maxIter = 500, opt = "nlminb")
read <- function(name) { d <- read.csv(paste0(name, ".csv")); d$round <- factor(d$round, unique(d$round))
  d$arm <- factor(d$arm, c("usual", "peer")); d$id <- factor(d$person); d$unit <- factor(d$unit); d$k <- as.integer(d$round)
  for (j in 2:3) d[[paste0("later", j)]] <- as.numeric(d$arm == "peer" & d$k == j)
  d[order(d$id, d$k), ] }
out <- list(versions = lapply(c("nlme", "geepack", "clubSandwich", "ordinal", "lme4", "numDeriv"), function(p) paste(p, packageVersion(p))))

mixed <- function(f, d, ...) gls(f, d, correlation = corSymm(form = ~ k | id), weights = varIdent(form = ~ 1 | round), control = tight, ...)

# REML with an unstructured covariance by whole matrices: L rows are the contrasts
kenward_roger <- function(f, d, L) {
  X <- model.matrix(f, d); y <- d$score; K <- nlevels(droplevels(factor(d$k))); d$k <- as.integer(droplevels(factor(d$k)))
  rows <- split(seq_along(y), d$id, drop = TRUE); at <- which(lower.tri(diag(K), TRUE), arr.ind = TRUE); q <- nrow(at)
  build <- function(t) { S <- matrix(0, K, K); S[at] <- t; S[at[, 2:1]] <- t; S }
  # rows of persons with the same rounds are summed together
  key <- sapply(rows, function(r) paste(d$k[r], collapse = " ")); groups <- lapply(split(rows, key), function(g) { k <- d$k[g[[1]]]
    at <- do.call(rbind, g); list(k = k, n = length(g), X = lapply(seq_along(k), function(a) X[at[, a], , drop = FALSE]), y = lapply(seq_along(k), function(a) y[at[, a]])) })
  pieces <- function(t) { S <- build(t); A <- 0; b <- 0; ld <- 0; yy <- 0
    for (g in groups) { V <- S[g$k, g$k, drop = FALSE]; Vi <- solve(V); ld <- ld + g$n * as.numeric(determinant(V)$modulus)
      for (a in seq_along(g$k)) for (c in seq_along(g$k)) { A <- A + Vi[a, c] * crossprod(g$X[[a]], g$X[[c]])
        b <- b + Vi[a, c] * crossprod(g$X[[a]], g$y[[c]]); yy <- yy + Vi[a, c] * sum(g$y[[a]] * g$y[[c]]) } }
    beta <- solve(A, b); list(A = A, beta = beta, ll = -.5 * (ld + as.numeric(determinant(A)$modulus) + yy - sum(b * beta))) }
  ll <- function(t) { S <- build(t); if (min(eigen(S, TRUE, TRUE)$values) <= 0) return(-1e10); pieces(t)$ll }
  V0 <- var(residuals(lm(f, d))); t <- ifelse(at[, 1] == at[, 2], 1, .5) * as.numeric(V0)
  for (i in 1:60) { g <- grad(ll, t); H <- hessian(ll, t); H <- (H + t(H)) / 2; ev <- eigen(H, TRUE)
    s <- ev$vectors %*% ((t(ev$vectors) %*% g) / abs(ev$values)); h <- 1; while (ll(t + h * s) < ll(t) - 1e-9 && h > 1e-6) h <- h / 2
    t <- as.numeric(t + h * s); if (sqrt(sum(g * s)) < 1e-7) break }
  S <- build(t); p <- pieces(t); Phi <- solve(p$A); W <- solve(-hessian(ll, t))
  P <- list(); Q <- array(list(), c(q, q)); E <- lapply(1:q, function(i) { D <- matrix(0, K, K); D[at[i, 1], at[i, 2]] <- 1; D[at[i, 2], at[i, 1]] <- 1; D })
  for (i in 1:q) { P[[i]] <- 0 * Phi; for (j in 1:q) Q[[i, j]] <- 0 * Phi }
  for (r in rows) { k <- d$k[r]; Vi <- solve(S[k, k, drop = FALSE]); x <- X[r, , drop = FALSE]
    for (i in 1:q) { Bi <- Vi %*% E[[i]][k, k, drop = FALSE] %*% Vi; P[[i]] <- P[[i]] - t(x) %*% Bi %*% x
      for (j in 1:q) Q[[i, j]] <- Q[[i, j]] + t(x) %*% Bi %*% E[[j]][k, k, drop = FALSE] %*% Vi %*% x } }
  adj <- 0 * Phi; for (i in 1:q) for (j in 1:q) adj <- adj + W[i, j] * (Q[[i, j]] - P[[i]] %*% Phi %*% P[[j]])
  PhiA <- Phi + 2 * Phi %*% adj %*% Phi
  df <- apply(L, 1, function(l) { g <- sapply(1:q, function(i) -as.numeric(t(l) %*% Phi %*% P[[i]] %*% Phi %*% l)); 2 * as.numeric(t(l) %*% Phi %*% l)^2 / as.numeric(t(g) %*% W %*% g) })
  list(estimate = as.numeric(L %*% p$beta), std_error_model = sqrt(diag(L %*% Phi %*% t(L))), std_error = sqrt(diag(L %*% PhiA %*% t(L))), df = df) }
pick <- function(f, d, names) { n <- colnames(model.matrix(f, d)); t(sapply(names, function(a) as.numeric(n == a))) }
both <- function(f, d, names) { g <- mixed(f, d); s <- summary(g)$tTable[names, , drop = FALSE]
  c(kenward_roger(f, d, pick(f, d, names)), list(gls_estimate = unname(s[, 1]), gls_std_error = unname(s[, 2]))) }
for (n in c("three_rounds", "three_rounds_small")) { d <- read(n); r <- paste0("round", levels(d$round)[2:3])
  one <- d[d$id %in% d$id[d$k == 1], ]; one$start <- ave(ifelse(one$k == 1, one$score, 0), one$id, FUN = sum); one <- one[one$k > 1, ]; one$k <- one$k - 1L; one$round <- droplevels(one$round)
  p1 <- d[!duplicated(d$id), ]; d$age_p <- d$age - mean(p1$age); d$sex_p <- (d$sex == "m") - mean(p1$sex == "m")
  out$mixed[[n]] <- list(single = both(score ~ round, d, r),
    single_adjusted = both(score ~ round * (age_p + sex_p), d, r),
    constrained = both(score ~ round + later2 + later3, d, c("later2", "later3")),
    constrained_adjusted = both(score ~ round * (age + sex) + later2 + later3, d, c("later2", "later3")),
    response = both(score ~ round * arm, d, paste0(r, ":armpeer")),
    response_adjusted = both(score ~ round * (arm + age + sex), d, paste0(r, ":armpeer")),
    covariate = both(score ~ 0 + round + round:I(arm == "peer") + round:start, one, paste0(r, ':I(arm == "peer")TRUE'))) }


# GEE, exchangeable, robust
d <- read("three_rounds"); r <- paste0("round", levels(d$round)[2:3])
gee <- function(f, names) { g <- geeglm(f, data = d, id = id, waves = k, corstr = "exchangeable"); s <- summary(g)$coefficients[names, ]
  list(estimate = s$Estimate, std_error = s$Std.err, alpha = unname(summary(g)$corr[1, 1])) }
out$gee <- list(single = gee(score ~ round, r), arms = gee(score ~ round * arm, paste0(r, ":armpeer")))

# clusters: CR2 by unit
cluster <- function(g, u, names) { t <- as.data.frame(coef_test(g, vcov = vcovCR(g, cluster = u, type = "CR2"), test = "Satterthwaite")); t <- t[match(names, names(coef(g))), ]
  list(estimate = t$beta, std_error = t$SE, df = t$df_Satt) }
g <- mixed(score ~ round, d); a <- mixed(score ~ round * arm, d); cc <- mixed(score ~ round + later2 + later3, d)
out$units <- list(single = cluster(g, d$unit, r), response = cluster(a, d$unit, paste0(r, ":armpeer")), constrained = cluster(cc, d$unit, c("later2", "later3")))
last <- d[d$k != 2, ]; last$end <- as.numeric(last$k == 3)
out$cross <- list(single = cluster(lm(score ~ end, last), last$unit, "end"), arms = cluster(lm(score ~ end * arm, last), last$unit, "end:armpeer"))
fixed <- mixed(score ~ round + unit, d); out$these <- list(estimate = unname(coef(fixed)[r]), std_error = unname(sqrt(diag(vcov(fixed)))[r]))

# three units only: t on the changes of units from a model with a mean for every unit and round
few <- droplevels(d[d$unit %in% c("u01", "u02", "u03"), ]); f <- mixed(score ~ round * unit, few); b <- coef(f)
of <- function(j) { x <- b[paste0("round", levels(d$round)[j])]; x + c(0, b[paste0("round", levels(d$round)[j], ":unit", levels(few$unit)[-1])]) }
out$few <- lapply(2:3, function(j) { t <- t.test(of(j)); list(estimate = unname(t$estimate), std_error = t$stderr, df = unname(t$parameter), p_value = t$p.value) })
few$cell <- interaction(few$unit, few$arm, drop = TRUE); f <- mixed(score ~ 0 + cell:round, few); b <- coef(f)
m <- function(u, a, j) b[paste0("cell", u, ".", a, ":round", levels(d$round)[j])]
out$few_arms <- lapply(2:3, function(j) { x <- sapply(levels(few$unit), function(u) (m(u, "peer", j) - m(u, "peer", 1)) - (m(u, "usual", j) - m(u, "usual", 1))); t <- t.test(x)
  list(estimate = unname(t$estimate), std_error = t$stderr, df = unname(t$parameter), p_value = t$p.value) })

# Derrick et al. 2017, unequal variances, written from the paper
wide <- reshape(d[, c("person", "k", "score")], idvar = "person", timevar = "k", direction = "wide")
out$derrick <- lapply(2:3, function(j) { x <- wide$score.1; y <- wide[[paste0("score.", j)]]; i <- !is.na(x) & !is.na(y)
  na <- sum(!is.na(x) & !i); nb <- sum(!is.na(y) & !i); nc <- sum(i); v1 <- var(x, na.rm = TRUE); v2 <- var(y, na.rm = TRUE); n1 <- na + nc; n2 <- nb + nc
  se <- sqrt(v1 / n1 + v2 / n2 - 2 * cor(x[i], y[i]) * sqrt(v1 * v2) * nc / (n1 * n2)); g <- (v1 / n1 + v2 / n2)^2 / ((v1 / n1)^2 / (n1 - 1) + (v2 / n2)^2 / (n2 - 1))
  df <- nc - 1 + (g - nc + 1) / (na + nb + 2 * nc) * (na + nb); e <- mean(y, na.rm = TRUE) - mean(x, na.rm = TRUE)
  list(estimate = e, std_error = se, conf_low = e - qt(.975, df) * se, conf_high = e + qt(.975, df) * se) })
w <- t.test(d$score[d$k == 3], d$score[d$k == 1]); out$welch <- list(estimate = unname(-diff(w$estimate)), std_error = w$stderr, df = unname(w$parameter), p_value = w$p.value)

# ordered and yes/no answers: four answers cut at 18, 24 and 30; yes above 24
d$answer <- factor(findInterval(d$score, c(18, 24, 30)), ordered = TRUE); d$yes <- as.integer(d$score > 24); d$age_c <- (d$age - 45) / 10; d$round <- factor(d$round, ordered = FALSE)
link <- function(f, names) { m <- clmm(f, d, nAGQ = 21); s <- coef(summary(m))[names, ]; list(estimate = unname(s[, 1]), std_error = unname(s[, 2])) }
out$ordinal <- list(single = link(answer ~ round + (1 | id), r), arms = link(answer ~ round * arm + (1 | id), paste0(r, ":armpeer")), adjusted = link(answer ~ round + age_c + sex + (1 | id), r))
# lme4's 21 points are not enough for persons who differ this much (its log likelihood is .05 off), so the integral is taken
# with 151 points too, and its maximum found by optim
q <- statmod::gauss.quad(151, "hermite")
share <- function(f, names, at) { X <- model.matrix(lme4::nobars(f), d); m <- glmer(f, d, family = binomial, nAGQ = 21, control = glmerControl(optimizer = "bobyqa"))
  ll <- function(p) { eta <- X %*% p[1:ncol(X)]; sgn <- 2 * d$yes - 1; who <- as.integer(factor(d$id))
    L <- rowsum(plogis(sgn * sweep(matrix(eta, nrow(d), length(q$nodes)), 2, exp(p[ncol(X) + 1]) * sqrt(2) * q$nodes, "+"), log.p = TRUE), who)
    sum(log(exp(L) %*% (q$weights / sqrt(pi)))) }
  o <- optim(c(fixef(m), log(getME(m, "theta"))), ll, method = "BFGS", control = list(fnscale = -1, reltol = 1e-14, maxit = 500))
  b <- setNames(o$par[1:ncol(X)], colnames(X)); sd <- exp(o$par[ncol(X) + 1]); se <- setNames(sqrt(diag(solve(-hessian(ll, o$par))))[1:ncol(X)], colnames(X))
  p <- function(eta) mean(sapply(eta, function(e) integrate(function(u) plogis(e + sd * u) * dnorm(u), -12, 12, rel.tol = 1e-10)$value))
  list(estimate = unname(b[names]), std_error = unname(se[names]), glmer = unname(fixef(m)[names]), risk_change = at(b, p)) }
out$yes <- list(single = share(yes ~ round + (1 | id), r, function(b, p) sapply(r, function(n) p(b[1] + b[n]) - p(b[1]))),
  adjusted = share(yes ~ round + age_c + (1 | id), r, function(b, p) sapply(r, function(n) { e <- b[1] + b["age_c"] * d$age_c; p(e + b[n]) - p(e) })))

# overlap weights: one covariance, rows of a person weighted alike
persons <- d[!duplicated(d$id), ]; ps <- fitted(glm(arm ~ age + sex, binomial, persons, control = glm.control(epsilon = 1e-14)))
persons$w <- ifelse(persons$arm == "peer", 1 - ps, ps); d$w <- persons$w[match(d$id, persons$id)]; d$inverse <- 1 / d$w
o <- gls(score ~ round * arm, d, correlation = corSymm(form = ~ k | id), weights = varComb(varIdent(form = ~ 1 | round), varFixed(~ inverse)), control = tight)
out$overlap <- list(weights = setNames(as.list(persons$w), persons$person), estimate = unname(coef(o)[paste0(r, ":armpeer")]),
  std_error = unname(sqrt(diag(vcovCR(o, cluster = d$id, type = "CR2"))[paste0(r, ":armpeer")])))
writeLines(toJSON(out, auto_unbox = TRUE, digits = I(12), pretty = TRUE, na = "null"), "rounds.json")
