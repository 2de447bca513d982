require "greet/version"
require "words"

module Greet
  def self.greet(name) = "#{Words::HELLO}, #{name}"
end
