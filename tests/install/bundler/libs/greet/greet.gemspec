require_relative "lib/greet/version"

Gem::Specification.new do |spec|
  spec.name = "greet"
  spec.version = Greet::VERSION
  spec.summary = "Greets"
  spec.authors = ["Acme"]
  spec.files = Dir["lib/**/*.rb"]
end
