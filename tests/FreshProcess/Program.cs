using Microsoft.ML;
using MLNetAttn;
using MLNetAttn.FreshProcess;

// print ZIP IDV:  loads a model as any app does, without a word about our components, and prints what it makes of the rows of a binary file.
// save ZIP PATH:  loads a model and saves it to PATH again and again, until it is killed.
// train MODEL FOLDER STEPS [adapter]:  trains a Countdown model with a checkpoint after every step, or an adapter with one after every second step,
//                                      goes on where the folder has one, prints a line a step and then the fingerprint of the policy.
var ml = new MLContext();
if (args[0] == "train")
{
    int steps = int.Parse(args[3], System.Globalization.CultureInfo.InvariantCulture);
    Console.WriteLine(TrainingRun.Train(ml, args[1], args[2], steps, adapter: args is [.., "adapter"]));
    return 0;
}
ITransformer model = ml.Model.Load(args[1], out DataViewSchema schema);
switch (args[0])
{
    case "print":
        foreach (string line in RowPrinter.Print(model.Transform(ml.Data.LoadFromBinary(args[2])))) Console.WriteLine(line);
        return 0;
    case "save":
        for (int times = 1; ; times++)
        {
            ml.Model.SaveAtomically(model, schema, args[2]);
            Console.WriteLine(times);
        }
    default:
        return 1;
}
