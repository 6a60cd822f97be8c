# Straight lines through the Danish series: what R's lm gives. Run in this folder; needs jsonlite.
shares <- read.csv("trends.csv", fileEncoding = "UTF-8")
one <- function(rows) {
  fit <- lm(percent ~ year, data = rows)
  table <- summary(fit)$coefficients
  limits <- confint(fit)["year", ]
  list(table = rows$table[1], area = rows$area[1], slope = table["year", 1], se = table["year", 2], df = fit$df.residual,
       low = limits[[1]], high = limits[[2]], r = cor(rows$percent, rows$year))
}
found <- lapply(split(shares, list(shares$table, shares$area), drop = TRUE), one)
writeLines(jsonlite::toJSON(unname(found), auto_unbox = TRUE, digits = 15, pretty = TRUE), "trends.json", useBytes = TRUE)
