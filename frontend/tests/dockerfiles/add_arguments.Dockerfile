FROM a
COPY
COPY onlyone
ADD ["a"]
COPY <<EOF <<END
x
EOF
y
END
