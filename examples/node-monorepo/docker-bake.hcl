group "default" { targets = ["api", "web"] }

target "api" {
  dockerfile = "build.yaml"
  target     = "api"
  tags       = ["shop-api"]
}

target "web" {
  dockerfile = "build.yaml"
  target     = "web"
  tags       = ["shop-web"]
}
