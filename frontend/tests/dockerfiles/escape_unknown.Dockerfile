# escape=!
FROM a
