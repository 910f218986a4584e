/** The steps of the business itself: here they only look like them. */

export interface CatalogueEntry {
  imageId: string;
  bucketUrl: string;
  bytes: number | null;
}

/** Puts an image into the catalogue, and returns the name of its entry. */
export async function addToCatalogue({ bucketUrl, bytes }: CatalogueEntry): Promise<string> {
  return `${bucketUrl} (${bytes ?? 'an unknown number of'} bytes)`;
}

export async function tellOnCall(message: string): Promise<void> {
  console.log(`On call: ${message}`);
}
