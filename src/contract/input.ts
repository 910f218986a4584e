/**
 * The input of an export.
 *
 * @module
 */
import type { ExportOptions } from './options';

/** Formats that a caller can ask for (IMS API, parameter `file_format`). */
export const FILE_FORMATS = ['qcow2', 'vhd', 'zvhd', 'vmdk'] as const;

export type FileFormat = (typeof FILE_FORMATS)[number];

/** The format of an exported object. Quick export always writes `zvhd2`. Where a format may be unknown, the field is null. */
export type ObjectFormat = FileFormat | 'zvhd2';

/** What every export names, in the API's own terms. */
export interface ExportTarget {
  /** ID of the private image, a UUID. */
  imageId: string;
  /** Destination, `<bucket>:<object key>`. The object must not exist yet; the service adds no file extension. */
  bucketUrl: string;
  /** Name of one of the worker's configured accounts. Region, project and credentials come from there. @default 'default' */
  account?: string;
  /** How the export behaves: limits, what a cancel does, severities of the preflight rules. */
  options?: ExportOptions;
  /** A workflow of this namespace that is notified when the export has ended, by the signal `exportEnded` ({@link ExportEnded}). */
  notify?: { workflowId: string };
}

/** A conversion to `fileFormat`. For images up to 128 GiB. */
export interface ConversionExportInput extends ExportTarget {
  /** What the object is to be. Not with `isQuickExport`. */
  fileFormat: FileFormat;
  isQuickExport?: false;
  attach?: undefined;
}

/** A quick export: the stored image as it is, always zvhd2, so no format can be chosen. The only way above 128 GiB. */
export interface QuickExportInput extends ExportTarget {
  /** True for a quick export: the stored image as it is, always zvhd2; the only way above 128 GiB. */
  isQuickExport: true;
  fileFormat?: undefined;
  attach?: undefined;
}

/**
 * Tracks a job that was started elsewhere instead of submitting one. The job must be an export of this image; where it can be
 * seen that it writes to another destination, it is refused.
 */
export interface AttachExportInput extends ExportTarget {
  /** The job that was started elsewhere, to be tracked in place of a submit. */
  attach: { jobId: string };
  fileFormat?: FileFormat;
  isQuickExport?: boolean;
}

export type ExportImageInput = ConversionExportInput | QuickExportInput | AttachExportInput;
