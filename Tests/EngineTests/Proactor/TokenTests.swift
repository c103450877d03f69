import Testing

@testable import Engine

@Suite struct TokenTests {
    @Test func everyFieldComesBack() {
        let operations: [Operation] = [.accepted, .connected, .ready, .received, .sent, .closed, .bell, .acceptEnded, .preparing, .cancelled]
        var random = SplitMix64(seed: 3)
        let slots: [UInt32] = [0, 1, 65_535, Token.slotLimit - 1] + (0..<50).map { _ in UInt32(random.next() % UInt64(Token.slotLimit)) }
        for operation in operations {
            for slot in slots {
                for generation in [0, 1, 0x7FFF, UInt16.max] {
                    for block in [0, 1, Token.blockLimit - 1, UInt32(random.next() % UInt64(Token.blockLimit))] {
                        let handle = Handle(slot: slot, generation: generation)
                        let token = Token(raw: Token(operation, handle, block: block).raw)
                        #expect(token.operation == operation && token.handle == handle && token.block == block)
                    }
                }
            }
        }
    }

    @Test func differentFieldsNeverMakeTheSameToken() {
        let one = Token(.received, Handle(slot: 5, generation: 7), block: 9).raw
        let others = [
            Token(.sent, Handle(slot: 5, generation: 7), block: 9), Token(.received, Handle(slot: 6, generation: 7), block: 9),
            Token(.received, Handle(slot: 5, generation: 8), block: 9), Token(.received, Handle(slot: 5, generation: 7), block: 8),
        ]
        #expect(others.allSatisfy { $0.raw != one })
    }

    @Test func aForeignTokenHasNoOperation() {
        #expect(Token(raw: 0).operation == nil)
        #expect(Token(raw: .max).operation == nil)
    }
}

@Suite struct BlocksTests {
    @Test func theLastGivenBackIsTheFirstTakenAgain() {
        var blocks = Blocks(count: 16)
        let first = blocks.take(), second = blocks.take(), third = blocks.take()
        #expect(Set([first, second, third]).count == 3)
        blocks.giveBack(first)
        blocks.giveBack(third)
        #expect(blocks.take() == third)
        #expect(blocks.take() == first)
        #expect(blocks.take() != second)
    }

    @Test func allCanBeTakenAndNoMore() {
        var blocks = Blocks(count: 100)
        for round in 0..<3 {
            var taken: Set<UInt32> = []
            for left in (0..<100).reversed() {
                let block = blocks.take()
                #expect(block < 100 && taken.insert(block).inserted)
                #expect(blocks.available == left)
                blocks[block].storeBytes(of: UInt64(block), toByteOffset: Blocks.bytes - 8, as: UInt64.self)
            }
            #expect(blocks.take() == Blocks.none && blocks.take() == Blocks.none && blocks.available == 0)
            for block in taken {
                #expect(blocks[block].load(fromByteOffset: Blocks.bytes - 8, as: UInt64.self) == UInt64(block), "round \(round)")
                blocks.giveBack(block)
            }
            #expect(blocks.available == 100)
        }
    }

    @Test func blocksLieApart() {
        let blocks = Blocks(count: 4)
        #expect(blocks[1] - blocks[0] == Blocks.bytes && blocks[3] - blocks[0] == 3 * Blocks.bytes)
    }
}
