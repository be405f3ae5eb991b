package wire

import "sync"

// maxKeptBuffer is the largest buffer in bytes that is kept for the next answer.
const maxKeptBuffer = 1 << 20

// buffers are spare encoding buffers. They hold nothing that outlives the call that took them.
var buffers = sync.Pool{New: func() any { return &buffer{bytes: make([]byte, 0, 4<<10)} }}

// buffer is a byte slice that remembers how far it has grown.
type buffer struct {
	bytes []byte
}

func takeBuffer() *buffer { return buffers.Get().(*buffer) }

// release gives the buffer back; its bytes may not be used any more.
func (b *buffer) release() {
	if cap(b.bytes) > maxKeptBuffer {
		return
	}
	b.bytes = b.bytes[:0]
	buffers.Put(b)
}
