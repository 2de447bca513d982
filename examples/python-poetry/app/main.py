"""QR codes over HTTP: /qr.svg?text=… and /qr.png?text=…&scale=8."""

import io
import os

import segno
from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import BadRequest, HTTPException

TYPES = {"svg": "image/svg+xml", "png": "image/png"}

app = Flask(__name__)


@app.get("/healthz")
def healthz():
    return jsonify(status="ok", version=os.environ.get("APP_VERSION", "dev"))


@app.get("/qr.<any(svg, png):kind>")
def qr(kind: str):
    picture = io.BytesIO()
    _code().save(picture, kind=kind, scale=_scale())
    answer = Response(picture.getvalue(), mimetype=TYPES[kind])
    # The same question has the same answer for ever.
    answer.cache_control.public = True
    answer.cache_control.max_age = 365 * 24 * 60 * 60
    return answer


@app.errorhandler(HTTPException)
def wrong(error: HTTPException):
    return jsonify(error=error.description), error.code


def _code() -> segno.QRCode:
    text = request.args.get("text", "")
    if not text:
        raise BadRequest("text: what the code says is missing")
    try:
        return segno.make_qr(text, error=request.args.get("error", "m"))
    except ValueError as error:
        raise BadRequest(str(error)) from error


def _scale() -> int:
    scale = request.args.get("scale", "4")
    if not scale.isdecimal() or not 1 <= int(scale) <= 32:
        raise BadRequest("scale: a number from 1 to 32")
    return int(scale)
