package control

// Bundled is for the tests.
var Bundled = bundled
