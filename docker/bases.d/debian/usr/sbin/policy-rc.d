#!/bin/sh
# No services are started while packages are installed into an image.
exit 101
