using MLNetAttn.Cli;

return await CommandLine.RunAsync(args, Streams.OfProcess()).ConfigureAwait(false);
