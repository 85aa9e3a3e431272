import { findPictures, type FoundPictures } from "../data/picture_source.ts";
import { EvaluationError } from "../evaluate/error.ts";
import { type Settings, SettingsError } from "../moco/settings.ts";
import { chooseKnnPictures, knnOnTest, type KnnPictures } from "./knn_curve.ts";

/**
 * Epochs between two measurements of kNN where classes are known. A picture of kNN costs 0.4 of one that is trained on
 * (`cifar10-small`, two cores): at most 8 % of the time, where the data set is so small that all of it is measured.
 */
const KNN_EPOCHS = 5;

/**
 * What kNN is measured on, and how often: where the folders or names of the pictures tell classes, unless it was asked
 * for or against.
 *
 * @throws {SettingsError} if it was asked for, and classes are not known
 */
export async function planKnn(
  { test, knnEpochs }: Settings,
  training: FoundPictures,
  heldOut: string[],
): Promise<KnnPictures & { everyEpochs: number } | undefined> {
  if (knnEpochs === 0) return undefined;
  try {
    const chosen = test === undefined
      ? chooseKnnPictures(training, heldOut)
      : knnOnTest(training, await findPictures(test));
    return { everyEpochs: knnEpochs ?? KNN_EPOCHS, ...chosen };
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    if (test !== undefined) throw new SettingsError(`--test: ${error.message}`, { cause: error });
    if (knnEpochs === undefined) return undefined;
    throw new SettingsError(
      `Cannot measure kNN: held-out pictures of known classes are required, in a folder for each class: received --knn-epochs ${knnEpochs}`,
      { cause: error },
    );
  }
}
