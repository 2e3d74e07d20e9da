module warehouse

go 1.23
