/** Prints what it is told to and ends with the code that it is told. */
console.log(process.argv[2]);
process.exitCode = Number(process.argv[3]);
