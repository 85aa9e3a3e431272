export const COLLECTIONS = "/v1/collections";
export const COLLECTION = `${COLLECTIONS}/:collection`;
export const PICTURES = `${COLLECTION}/images`;
export const PICTURE = `${PICTURES}/:id`;
