<?php

function probe(): bool
{
    return true;
}
