import Files

extension StoredTensor: WeightSource {}
