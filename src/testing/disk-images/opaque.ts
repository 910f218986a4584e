import { writeSparseFile } from './sparse-file';

const FILE_SIZE = 1024 ** 2;

/** Stands for a format that Huawei does not publish, zvhd or zvhd2. Its first bytes say that it is no such disk. */
export function writeOpaque(path: string, format: 'zvhd' | 'zvhd2', virtualSize: number, imageName: string): void {
  const text = `Simulated ${format} of image ${imageName}, ${virtualSize} bytes. Not a real disk: the format is not public.\n`;
  writeSparseFile(path, FILE_SIZE, [[0, Buffer.from(text, 'utf8')]]);
}
