// Memory that moves from owner to owner: https://streams.spec.whatwg.org/#abstract-opdef-transferarraybuffer
(function (internal) {
  'use strict';
  const p = internal.primordials;
  const { getOwnPropertyDescriptor, isView, uncurry, viewTag } = p;
  const ops = internal.streamOps;
  const { prototype } = ArrayBuffer;
  const getter = (name) => uncurry(getOwnPropertyDescriptor(prototype, name).get);
  const transfer = uncurry(prototype.transferToFixedLength);
  const isDetached = getter('detached');
  const isResizable = getter('resizable');
  const sliceBuffer = uncurry(prototype.slice);
  const newView = Reflect.construct;

  const sizes = new p.SafeMap();
  for (const type of [
    Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
    Float32Array, Float64Array, BigInt64Array, BigUint64Array,
    ...(typeof Float16Array === 'function' ? [Float16Array] : []),
  ]) sizes.set(type.name, { type, size: type.BYTES_PER_ELEMENT });
  const dataView = { type: DataView, size: 1 };

  // An argument of type ArrayBufferView: {buffer, byteOffset, byteLength, type, elementSize}.
  ops.toView = function (view, where) {
    if (!isView(view)) throw new TypeError(`${where}: not an ArrayBufferView.`);
    const tag = viewTag(view);
    const { type, size } = tag === undefined ? dataView : sizes.get(tag);
    const isTyped = tag !== undefined;
    const buffer = isTyped ? p.viewBuffer(view) : p.dataViewBuffer(view);
    if (!internal.isArrayBuffer(buffer)) throw new TypeError(`${where}: the memory is shared.`);
    if (isResizable(buffer)) throw new TypeError(`${where}: the buffer is resizable.`);
    // A DataView over a detached buffer throws where it is asked for its length.
    const detached = isDetached(buffer);
    return {
      buffer, type, elementSize: size,
      byteOffset: detached ? 0 : isTyped ? p.viewByteOffset(view) : p.dataViewByteOffset(view),
      byteLength: detached ? 0 : isTyped ? p.viewByteLength(view) : p.dataViewByteLength(view),
    };
  };

  ops.isDetached = isDetached;
  ops.bufferLength = p.bufferByteLength;
  ops.newBuffer = (size) => new p.ArrayBuffer(size);

  // The same memory under a new owner; throws where the buffer cannot be detached.
  ops.transferBuffer = (buffer) => transfer(buffer);
  ops.sliceBuffer = (buffer, from, to) => sliceBuffer(buffer, from, to);
  ops.newView = (type, buffer, byteOffset, length) => newView(type, [buffer, byteOffset, length]);
  ops.newBytes = (buffer, byteOffset, length) => new p.Uint8Array(buffer, byteOffset, length);

  ops.copyBytes = function (to, toOffset, from, fromOffset, length) {
    p.setBytes(new p.Uint8Array(to, toOffset, length), new p.Uint8Array(from, fromOffset, length));
  };

  // https://streams.spec.whatwg.org/#abstract-opdef-cloneasuint8array
  ops.cloneAsUint8Array = (view) => p.sliceBytes(internal.bytesOf(view));
})
