// A ZIP archive without compression (APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16): sound and pictures would not
// get smaller.

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
  return byte;
});
const UTF8_NAMES = 1 << 11;

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 0xff];
  return ~crc >>> 0;
}

/** Little-endian numbers, each [value, bytes]. */
function fields(...numbers) {
  const bytes = new Uint8Array(numbers.reduce((sum, [, size]) => sum + size, 0));
  let at = 0;
  for (const [value, size] of numbers) {
    for (let index = 0; index < size; index++) bytes[at++] = (value >>> (8 * index)) & 0xff;
  }
  return bytes;
}

/** @param date local time; ZIP counts from 1980, in steps of two seconds. */
function dosTime(date) {
  const time = (date.getHours() << 11) | (date.getMinutes() << 5) | (date.getSeconds() >> 1);
  return [time, ((date.getFullYear() - 1980) << 9) | ((date.getMonth() + 1) << 5) | date.getDate()];
}

/** @param files [{name, bytes: Uint8Array}]; together below 4 GB. @param date of all of them. @returns a Blob. */
export function zip(files, date = new Date()) {
  const [time, day] = dosTime(date);
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const { name, bytes } of files) {
    const letters = new TextEncoder().encode(name);
    const facts = [[UTF8_NAMES, 2], [0, 2], [time, 2], [day, 2], [crc32(bytes), 4], [bytes.length, 4], [bytes.length, 4]];
    const local = fields([0x04034b50, 4], [20, 2], ...facts, [letters.length, 2], [0, 2]);
    const central = fields([0x02014b50, 4], [20, 2], [20, 2], ...facts, [letters.length, 2], [0, 2], [0, 2], [0, 2]);
    parts.push(local, letters, bytes);
    directory.push(central, fields([0, 2], [0, 4], [offset, 4]), letters);
    offset += local.length + letters.length + bytes.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = fields([0x06054b50, 4], [0, 4], [files.length, 2], [files.length, 2], [size, 4], [offset, 4], [0, 2]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}
