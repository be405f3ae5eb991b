package imds

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// Session tokens say themselves how long they are good, under a seal that only
// this process can make: there is nothing to keep, however many are asked for.
// After a restart clients ask for others, as they do when one has expired.
type tokens struct{ key [32]byte }

// The life of a token. Source: EC2 user guide, "Use IMDSv2".
const (
	leastTokenLife = time.Second
	mostTokenLife  = 6 * time.Hour
)

const tokenHead = 16 // bytes: when it expires, and what makes it unique

func newTokens() *tokens {
	t := &tokens{}
	_, _ = rand.Read(t.key[:]) // it never fails
	return t
}

func (t *tokens) issue(now time.Time, life time.Duration) string {
	head := make([]byte, tokenHead, tokenHead+sha256.Size)
	binary.BigEndian.PutUint64(head, uint64(now.Add(life).UnixMilli()))
	_, _ = rand.Read(head[8:])
	return base64.URLEncoding.EncodeToString(append(head, t.seal(head)...))
}

func (t *tokens) seal(head []byte) []byte {
	mac := hmac.New(sha256.New, t.key[:])
	mac.Write(head)
	return mac.Sum(nil)
}

// good says whether the token is one of ours and has not expired; left is how
// long it still is good.
func (t *tokens) good(now time.Time, token string) (left time.Duration, ok bool) {
	text, err := base64.URLEncoding.DecodeString(token)
	if err != nil || len(text) != tokenHead+sha256.Size || !hmac.Equal(t.seal(text[:tokenHead]), text[tokenHead:]) {
		return 0, false
	}
	left = time.UnixMilli(int64(binary.BigEndian.Uint64(text))).Sub(now)
	return left, left > 0
}
