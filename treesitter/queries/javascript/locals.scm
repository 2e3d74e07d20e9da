; inherits: jsx, ecmascript
