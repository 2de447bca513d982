<?php

require __DIR__ . '/vendor/autoload.php';

echo Acme\Greet\Greeter::greet('Ada'), PHP_EOL;
