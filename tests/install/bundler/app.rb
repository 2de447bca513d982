require "bundler/setup"
require "greet"

puts Greet.greet("Ada")
