package datachannel

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

var sample = Message{Type: InputStreamData, Created: time.UnixMilli(0x0102030405), Sequence: 7, Flags: 1,
	ID: uuid.MustParse("00112233-4455-6677-8899-aabbccddeeff"), Payload: Output, Body: []byte("ls\n")}

// TestFrameLayout holds every byte of a frame, as AWS's plugin writes it.
func TestFrameLayout(t *testing.T) {
	want := "00000074" + // the header's length, without that of the payload
		hex.EncodeToString([]byte("input_stream_data               ")) +
		"00000001" + "0000000102030405" + "0000000000000007" + "0000000000000001" +
		"8899aabbccddeeff" + "0011223344556677" + // the id, its halves swapped
		"0e11ff2bfd58c4d7d1e1bc0c4e0ba95aa4d44b73ee32b6ee6c6dbe7ea9b0d4a6" + "00000001" + "00000003" + "6c730a"
	got := hex.EncodeToString(sample.Encode())
	digest := 2 * atDigest
	if len(got) != len(want) || got[:digest] != want[:digest] || got[digest+64:] != want[digest+64:] {
		t.Errorf("\n%s\n%s", got, want)
	}
}

func TestDecodeReturnsWhatWasEncoded(t *testing.T) {
	got, err := Decode(sample.Encode())
	if err != nil || !reflect.DeepEqual(got, sample) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	changed := func(at int, b byte) []byte {
		f := sample.Encode()
		f[at] = b
		return f
	}
	for what, frame := range map[string][]byte{
		"nothing":               nil,
		"half a header":         sample.Encode()[:60],
		"a longer header":       changed(2, 1),
		"a header of no bytes":  changed(3, 0),
		"another payload":       changed(headerBytes, 'x'),
		"another length":        changed(atLength+3, 4),
		"another digest":        changed(atDigest, 0),
		"too large":             Message{Type: InputStreamData, Created: sample.Created, Body: make([]byte, MaxPayload+1)}.Encode(),
		"no type":               Message{Created: sample.Created}.Encode(),
		"no time":               Message{Type: InputStreamData, Created: time.UnixMilli(0)}.Encode(),
		"bytes that follow":     append(sample.Encode(), 0),
		"a payload that is cut": sample.Encode()[:headerBytes+1],
	} {
		if m, err := Decode(frame); err == nil {
			t.Errorf("%s: %+v", what, m)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(sample.Encode())
	f.Add([]byte(strings.Repeat("\x00", headerBytes)))
	f.Fuzz(func(t *testing.T, frame []byte) {
		m, err := Decode(frame)
		if err != nil {
			return
		}
		again, err := Decode(m.Encode())
		if len(m.Type) <= 32 && m.Type != StartPublication && m.Type != PausePublication && (err != nil || !bytes.Equal(again.Body, m.Body) || again.Sequence != m.Sequence) {
			t.Errorf("%+v became %+v, %v", m, again, err)
		}
	})
}

func TestHandshake(t *testing.T) {
	body := string(Handshake(Port, map[string]string{"portNumber": "80"}))
	want := `{"AgentVersion":"2.3.1205.0","RequestedClientActions":[{"ActionType":"SessionType","ActionParameters":{"SessionType":"Port","Properties":{"portNumber":"80"}}}]}`
	if body != want {
		t.Errorf("\n%s\n%s", body, want)
	}
	if err := HandshakeAnswer([]byte(`{"ClientVersion":"1.2.0.0","ProcessedClientActions":[{"ActionType":"SessionType","ActionStatus":1,"ActionResult":null,"Error":""}],"Errors":null}`)); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", "{}", `{"ProcessedClientActions":[{"ActionType":"SessionType","ActionStatus":2,"Error":"no"}],"Errors":["no"]}`} {
		if HandshakeAnswer([]byte(bad)) == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
